// SPDX-License-Identifier: Apache-2.0
/** Live rows and writes over WebSocket; carries other protocols. */
@NullMarked
package dev.tarn.websocket;

import org.jspecify.annotations.NullMarked;

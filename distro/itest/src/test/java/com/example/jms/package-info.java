// SPDX-License-Identifier: Apache-2.0
/** Clients over JMS as the page on AMQP shows them. */
@NullMarked
package com.example.jms;

import org.jspecify.annotations.NullMarked;

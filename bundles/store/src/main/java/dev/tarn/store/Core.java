// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.codec.Bodies;

/** What the store's threads share. */
record Core(
        Database database,
        Catalog catalog,
        RowReader reader,
        Bodies bodies,
        RowCache cache,
        Fence fence,
        ContentCollector collector) {}

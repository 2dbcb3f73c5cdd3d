// SPDX-License-Identifier: Apache-2.0
package com.example.sensors;

import dev.tarn.api.application.Export;
import dev.tarn.api.application.Id;
import dev.tarn.api.application.Indexed;
import dev.tarn.api.application.Table;
import org.jspecify.annotations.Nullable;

/** A sensor and what it said last. */
@Table("Sensors")
@Export
public record Sensors(
        @Id String id,
        @Nullable String location,
        @Indexed @Nullable Double temp,
        @Nullable Boolean alert) {}

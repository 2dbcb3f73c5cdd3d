package ${package};

import dev.tarn.api.application.Export;
import dev.tarn.api.application.Id;
import dev.tarn.api.application.Table;

/** What a sensor said last. */
@Table("Readings")
@Export
public record Readings(@Id String id, Double temp, Boolean alert) {}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.codec.CodecBodies;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportsTest {

    static final Table SENSORS = new Table(
            Table.DATA,
            "Sensors",
            "Sensors",
            List.of(Attribute.primaryKey("id", Attribute.Type.ID)),
            Table.Rules.DECLARED);
    static final Table COUNTS = new Table(
            Table.DATA,
            "Counts",
            "counts",
            List.of(Attribute.primaryKey("id", Attribute.Type.LONG)),
            Table.Rules.DECLARED);
    static final Table SMALL = new Table(
            Table.DATA,
            "Small",
            "small",
            List.of(Attribute.primaryKey("id", Attribute.Type.INT)),
            Table.Rules.DECLARED);

    private final Exports exports = exports(Deployments.TOPICS, SENSORS, COUNTS, SMALL);

    static Exports exports(Table root, Table... tables) {
        return new Exports(
                List.of(tables).stream().map(ExportsTest::exported).toList(), root == null ? null : exported(root));
    }

    static Exported exported(Table table) {
        return new Exported(table, new Schema(table, CodecBodies.standard()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    Sensors/101    | data.Sensors | Sensors/101
                    sensors/101    | data.Sensors | Sensors/101
                    SENSORS/a/b    | data.Sensors | Sensors/a/b
                    Sensors        | data.Sensors | Sensors
                    sensors/       | data.Sensors | Sensors/
                    counts/012     | data.Counts  | counts/12
                    counts/-0      | data.Counts  | counts/0
                    Counts/7       | data.Counts  | counts/7
                    counts         | data.Counts  | counts
                    counts/-9223372036854775808 | data.Counts | counts/-9223372036854775808
                    Sensor/1       | data.topics  | Sensor/1
                    /Sensors/1     | data.topics  | /Sensors/1
                    a              | data.topics  | a
                    $SYS/x         | data.topics  | $SYS/x
                    """)
    void a_path_has_one_canonical_form(String spelled, String table, String canonical) {
        Path path = Path.of(spelled);
        Exported exported = exports.of(path);
        assertThat(exported.name()).isEqualTo(table);
        assertThat(exported.canonical(path)).isEqualTo(Path.of(canonical));
    }

    @ParameterizedTest
    @CsvSource({
        "counts/x",
        "counts/1/2",
        "counts/1.0",
        "counts/9223372036854775808",
        "counts/+1x",
        "small/2147483648",
        "counts/ 1",
        "counts/0x10",
        "counts/-"
    })
    void an_id_that_should_be_a_number_and_is_not_is_malformed(String spelled) {
        Path path = spelled.indexOf('+') < 0 ? Path.of(spelled) : Path.of("counts/1x");
        assertThatThrownBy(() -> exports.of(path).canonical(path))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.MALFORMED));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    sensors/#    | Sensors/#
                    sensors      | Sensors
                    sensors/+/a  | Sensors/+/a
                    +/101        | +/101
                    #            | #
                    counts/007   | counts/7
                    COUNTS/+     | counts/+
                    counts/x     | counts/x
                    other/#      | other/#
                    /sensors/#   | /sensors/#
                    """)
    void a_filter_is_canonical_in_its_first_segment(String spelled, String canonical) {
        assertThat(exports.canonical(Filter.of(spelled))).isEqualTo(Filter.of(canonical));
    }

    @Test
    void where_unmapped_paths_are_refused_only_exported_names_and_wildcards_pass() {
        Exports refusing = exports(null, SENSORS);
        assertThat(refusing.of(Path.of("sensors/1")).name()).isEqualTo("data.Sensors");
        assertThat(refusing.canonical(Filter.of("#"))).isEqualTo(Filter.of("#"));
        assertThatThrownBy(() -> refusing.of(Path.of("other/1")))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.NOT_FOUND));
        assertThatThrownBy(() -> refusing.canonical(Filter.of("other/#"))).isInstanceOf(Failure.class);
    }

    @Test
    void a_filter_that_begins_with_a_wildcard_covers_all_tables_the_root_table_last() {
        assertThat(exports.covered(Filter.of("#")).stream().map(Exported::name))
                .containsExactly("data.Sensors", "data.Counts", "data.Small", "data.topics");
        assertThat(exports.covered(Filter.of("Sensors/#")).stream().map(Exported::name))
                .containsExactly("data.Sensors");
        assertThat(exports.covered(Filter.of("$SYS/#")).stream().map(Exported::name))
                .containsExactly("data.topics");
    }
}

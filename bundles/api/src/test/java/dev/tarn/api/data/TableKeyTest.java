// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableKeyTest {

    private static Table table(Attribute.Type key) {
        return new Table("data", "T", "T", List.of(Attribute.primaryKey("id", key)), Table.Rules.DECLARED);
    }

    @ParameterizedTest
    @CsvSource({
        "0,true",
        "-1,true",
        "12,true",
        "9223372036854775807,true",
        "-9223372036854775808,true",
        "9223372036854775808,false",
        "007,false",
        "-0,false",
        "+1,false",
        "1.0,false",
        "a,false",
        "'',false",
        "-,false",
        "99999999999999999999,false",
        "1/2,false"
    })
    void an_id_that_is_a_number_is_one_where_the_key_may_be_anything(String id, boolean number) {
        assertThat(table(Attribute.Type.ANY).key(id)).isEqualTo(number ? (Object) Long.valueOf(id) : id);
        assertThat(table(Attribute.Type.LONG).key(id)).isEqualTo(number ? (Object) Long.valueOf(id) : id);
        assertThat(table(Attribute.Type.ID).key(id)).isEqualTo(id);
    }

    @Test
    void numbers_come_before_texts() {
        Table table = table(Attribute.Type.ANY);
        List<Path> paths = new ArrayList<>(List.of(
                table.path("b"),
                table.path("10"),
                table.path("9"),
                table.path("a"),
                table.path("-3"),
                table.path("010")));
        paths.sort(table.order());
        assertThat(paths).extracting(path -> table.id(path)).containsExactly("-3", "9", "10", "010", "a", "b");
    }
}

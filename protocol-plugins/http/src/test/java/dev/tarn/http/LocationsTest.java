// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocationsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    Sensors/101   | /Sensors/101
                    a/b/c         | /a/b/c
                    /             | /%2F
                    //            | /%2F%2F
                    /a            | /%2Fa
                    a/            | /a%2F
                    a//b          | /a/%2Fb
                    a b/ä?%       | /a%20b/%C3%A4%3F%25
                    a.b-c~d_e:@;= | /a.b-c~d_e:@;=
                    x"<>\\        | /x%22%3C%3E%5C
                    """)
    void a_path_is_written_so_that_it_is_read_back(String path, String target) {
        assertThat(Locations.of(Path.of(path))).isEqualTo(target);
    }
}

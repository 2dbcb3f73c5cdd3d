// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "a#", "#/a", "a+/b", "+a", "a/#/b", "##", "a/b#", "\0", "\udc00"})
    void a_wildcard_must_be_a_segment_of_its_own(String filter) {
        assertThatThrownBy(() -> Filter.of(filter)).isInstanceOf(Failure.class);
    }

    @ParameterizedTest
    @CsvSource({
        "#, a, true",
        "#, a/b/c, true",
        "#, /, true",
        "#, $SYS/a, false",
        "+/a, $SYS/a, false",
        "$SYS/#, $SYS/a, true",
        "a/#, a, true",
        "a/#, a/, true",
        "a/#, a/b/c, true",
        "a/#, ab, false",
        "+, a, true",
        "+, a/b, false",
        "+, /, false",
        "+/+, /, true",
        "+/+, /a, true",
        "/+, /a, true",
        "/+, /, true",
        "/#, /, true",
        "/#, a, false",
        "a/+, a/, true",
        "a/+, a, false",
        "a/+/c, a/b/c, true",
        "a/+/c, a//c, true",
        "a/+/#, a/b, true",
        "a/+/#, a, false",
        "+/#, a, true",
        "a/b, a/b, true",
        "a/b, a/B, false",
        "a/b, a/b/c, false",
        "a/b/c, a/b, false"
    })
    void covers_what_the_specification_says(String filter, String path, boolean covered) {
        assertThat(Filter.of(filter).covers(Path.of(path))).isEqualTo(covered);
    }

    @Test
    void covering_equals_a_comparison_segment_by_segment() {
        Random random = new Random(11);
        String[] segments = {"a", "b", "", "$x", "+"};
        for (int round = 0; round < 50_000; round++) {
            StringBuilder filterText = new StringBuilder(segments[random.nextInt(5)]);
            for (int i = random.nextInt(4); i > 0; i--) {
                filterText.append('/').append(segments[random.nextInt(5)]);
            }
            if (random.nextBoolean()) {
                filterText.append("/#");
            }
            StringBuilder pathText = new StringBuilder(segments[random.nextInt(4)]);
            for (int i = random.nextInt(5); i > 0; i--) {
                pathText.append('/').append(segments[random.nextInt(4)]);
            }
            if (filterText.isEmpty() || pathText.isEmpty()) {
                continue;
            }
            Filter filter = Filter.of(filterText.toString());
            Path path = Path.of(pathText.toString());
            assertThat(filter.covers(path)).as("%s over %s", filter, path).isEqualTo(slowly(filter, path));
        }
    }

    private static boolean slowly(Filter filter, Path path) {
        List<String> wanted = filter.segments();
        List<String> there = path.segments();
        if (path.text().startsWith("$")
                && (wanted.get(0).equals("+") || wanted.get(0).equals("#"))) {
            return false;
        }
        for (int i = 0; i < wanted.size(); i++) {
            if (wanted.get(i).equals("#")) {
                return there.size() >= i;
            }
            if (i >= there.size()
                    || !(wanted.get(i).equals("+") || wanted.get(i).equals(there.get(i)))) {
                return false;
            }
        }
        return wanted.size() == there.size();
    }

    @Test
    void an_exact_filter_has_no_wildcard() {
        assertThat(Filter.of("a/b").exact()).isTrue();
        assertThat(Filter.of("a/+").exact()).isFalse();
        assertThat(Filter.of("sensors/#").withFirst("Sensors").text()).isEqualTo("Sensors/#");
    }
}

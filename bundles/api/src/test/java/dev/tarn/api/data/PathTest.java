// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathTest {

    @ParameterizedTest
    @ValueSource(strings = {"/", "//", "/a", "a/", "a", "a b/c d", "$SYS/x", "ä/漢/🜁", " "})
    void every_legal_topic_name_is_a_path_and_comes_back_as_it_was(String topic) {
        assertThat(Path.of(topic).text()).isEqualTo(topic);
        assertThat(String.join("/", Path.of(topic).segments())).isEqualTo(topic);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/+", "#", "a#b", "nul\0", "\ud800", "a\udc00b", "\ud800\ud800"})
    void what_no_topic_name_may_be_is_malformed(String topic) {
        assertThatThrownBy(() -> Path.of(topic))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.MALFORMED));
    }

    @Test
    void the_longest_path_is_counted_in_bytes_of_utf_8() {
        assertThat(Path.of("a".repeat(65_535)).text()).hasSize(65_535);
        assertThat(Path.of("ä".repeat(32_767) + "a").text()).hasSize(32_768);
        assertThatThrownBy(() -> Path.of("a".repeat(65_536))).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> Path.of("ä".repeat(32_768))).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> Path.of("漢".repeat(21_846))).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> Path.of("🜁".repeat(16_384))).isInstanceOf(Failure.class);
    }

    @Test
    void a_first_segment_can_be_replaced_by_the_exported_spelling() {
        assertThat(Path.of("sensors/101").withFirst("Sensors").text()).isEqualTo("Sensors/101");
        assertThat(Path.of("sensors").withFirst("Sensors").text()).isEqualTo("Sensors");
        assertThat(Path.of("/a").withFirst("b").text()).isEqualTo("b/a");
        Path same = Path.of("Sensors/1");
        assertThat(same.withFirst("Sensors")).isSameAs(same);
    }

    @Test
    void the_rest_is_null_for_one_segment_and_may_be_empty() {
        assertThat(Path.of("Sensors").rest()).isNull();
        assertThat(Path.of("Sensors/").rest()).isEmpty();
        assertThat(Path.of("Sensors/a/b").rest()).isEqualTo("a/b");
    }

    @Test
    void paths_are_ordered_as_their_bytes_are() {
        Random random = new Random(7);
        String[] alphabet = {"a", "b", "/", "\u007f", "ä", "\ud7ff", "\ue000", "\uffff", "🜁", "\udbff\udfff", "z"};
        for (int round = 0; round < 20_000; round++) {
            Path left = Path.of(text(random, alphabet));
            Path right = Path.of(text(random, alphabet));
            int bytes = Arrays.compareUnsigned(
                    left.text().getBytes(StandardCharsets.UTF_8), right.text().getBytes(StandardCharsets.UTF_8));
            assertThat(Integer.signum(left.compareTo(right)))
                    .as("%s against %s", left, right)
                    .isEqualTo(Integer.signum(bytes));
        }
    }

    private static String text(Random random, String[] alphabet) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(5); i >= 0; i--) {
            text.append(alphabet[random.nextInt(alphabet.length)]);
        }
        return text.toString();
    }

    @Test
    void a_path_of_segments_joins_them() {
        assertThat(Path.of(List.of("", "a", "")).text()).isEqualTo("/a/");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ChangeTest {
    private static final Change.FormKey<String> SHOUTED = new Change.FormKey<>(String.class);
    private static final Change.FormKey<Integer> LENGTH = new Change.FormKey<>(Integer.class);

    @Test
    void a_form_is_made_once_and_shared() {
        Change change = new Change(1, Kind.DELETE, "data.T", Path.of("T/1"), null, 2, 1, Attributes.NONE);
        AtomicInteger made = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            assertThat(change.form(SHOUTED, c -> {
                        made.incrementAndGet();
                        return c.path().text() + "!";
                    }))
                    .isEqualTo("T/1!");
            assertThat(change.form(LENGTH, c -> c.path().text().length())).isEqualTo(3);
        }
        assertThat(made).hasValue(1);
    }

    @Test
    void attributes_are_equal_by_content_and_rebuilt_without_loss() {
        Attributes attributes = Attributes.builder()
                .qos(1)
                .contentType("text/plain")
                .payloadFormat(1)
                .responsePath("a/b")
                .correlation(new byte[] {1, 2})
                .properties(java.util.List.of(new Property("a", "1"), new Property("a", "2")))
                .expiresAt(5)
                .origin("c")
                .node("n")
                .timestamp(7)
                .extension(70, new byte[] {9})
                .build();
        assertThat(attributes.toBuilder().build()).isEqualTo(attributes).hasSameHashCodeAs(attributes);
        assertThat(attributes.toBuilder().correlation(new byte[] {1, 3}).build())
                .isNotEqualTo(attributes);
        assertThat(attributes.toBuilder().extension(70, new byte[] {8}).build()).isNotEqualTo(attributes);
    }

    @Test
    void a_table_knows_ids_and_their_order() {
        Table counted = new Table(
                "data",
                "Counted",
                "Counted",
                java.util.List.of(Attribute.primaryKey("id", Attribute.Type.LONG)),
                Table.Rules.DECLARED);
        assertThat(counted.order().compare(Path.of("Counted/9"), Path.of("Counted/10")))
                .isNegative();
        Table root = new Table("data", "topics", "", java.util.List.of(), Table.Rules.OPAQUE);
        assertThat(root.id(Path.of("a/b"))).isEqualTo("a/b");
        assertThat(counted.id(Path.of("Counted/9"))).isEqualTo("9");
        assertThat(counted.id(Path.of("Counted"))).isNull();
        assertThat(root.path("/x").text()).isEqualTo("/x");
    }
}

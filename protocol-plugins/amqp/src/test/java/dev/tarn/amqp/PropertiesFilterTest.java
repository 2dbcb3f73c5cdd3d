// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.UnknownDescribedType;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.junit.jupiter.api.Test;

/** Filters on properties, AMQP Filter Expressions 1.0 §4.2, as a client asks for them. */
class PropertiesFilterTest extends AtANode {

    private Receiver filtered(Object descriptor, Map<?, ?> wanted) throws Exception {
        ReceiverOptions options = new ReceiverOptions();
        options.sourceOptions().filters(Map.of("wanted", new UnknownDescribedType(descriptor, wanted)));
        return peer.receiver("chat/#", options);
    }

    private void say(String text, String subject, Object number) throws Exception {
        try (Sender sender = peer.sender("chat/room")) {
            Message<String> message = Message.create(text);
            Peer.send(sender, message.subject(subject).property("n", number).property("to", "ada"));
        }
    }

    private static String next(Receiver receiver) throws Exception {
        return Peer.next(receiver).<String>message().body();
    }

    @Test
    void properties_are_equal_or_begin_or_end_as_is_asked() throws Exception {
        Receiver exact = filtered(UnsignedLong.valueOf(0x173), Map.of(Symbol.valueOf("subject"), "red_car"));
        Receiver begins = filtered(UnsignedLong.valueOf(0x173), Map.of(Symbol.valueOf("subject"), "&p:red_"));
        Receiver ends =
                filtered(Symbol.valueOf("amqp:properties-filter"), Map.of(Symbol.valueOf("subject"), "&s:_bus"));
        Receiver escaped = filtered(UnsignedLong.valueOf(0x173), Map.of(Symbol.valueOf("subject"), "&&p:"));
        assertThat(exact.source().filters()).as("honoured filters").containsKey("wanted");
        say("a", "red_car", 1);
        say("b", "red_bus", 1);
        say("c", "redXbus", 1);
        say("d", "&p:", 1);
        say("e", "red_car", 1);
        say("f", "red_bus", 1);
        say("g", "&p:", 1);
        assertThat(next(exact) + next(exact)).isEqualTo("ae");
        assertThat(next(begins) + next(begins) + next(begins) + next(begins)).isEqualTo("abef");
        assertThat(next(ends) + next(ends)).isEqualTo("bf");
        assertThat(next(escaped) + next(escaped)).isEqualTo("dg");
    }

    @Test
    void application_properties_all_have_to_match_and_attributes_are_not_taken_for_them() throws Exception {
        Receiver both = filtered(UnsignedLong.valueOf(0x174), Map.of("n", 2, "to", "ada"));
        Receiver named = filtered(Symbol.valueOf("amqp:application-properties-filter"), Map.of("n", "two"));
        say("a", "x", 1);
        say("b", "x", 2);
        say("c", "x", "two");
        say("d", "x", 2);
        say("e", "x", "two");
        assertThat(next(both) + next(both)).isEqualTo("bd");
        assertThat(next(named) + next(named)).isEqualTo("ce");
    }

    @Test
    void a_property_that_messages_do_not_have_is_refused() {
        assertThatThrownBy(() -> filtered(UnsignedLong.valueOf(0x173), Map.of(Symbol.valueOf("colour"), "red")))
                .hasMessageContaining("messages have no property colour");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.PacketCorpus;
import dev.tarn.testkit.PacketRules;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PacketReaderTest {

    private static final int LARGEST = 1_048_576;

    static List<PacketCorpus.Case> corpus() {
        return PacketCorpus.cases();
    }

    /** Written by hand, and made by rule. */
    static Stream<PacketCorpus.Case> all() {
        return Stream.concat(PacketCorpus.cases().stream(), PacketRules.cases().stream());
    }

    static Stream<PacketCorpus.Case> legal() {
        return PacketCorpus.cases().stream().filter(PacketCorpus.Case::legal);
    }

    @Test
    void there_are_many_hostile_packets_by_hand_and_more_by_rule() {
        assertThat(PacketCorpus.cases().stream().filter(packet -> packet.reason() >= 0))
                .hasSizeGreaterThanOrEqualTo(400);
        assertThat(PacketRules.cases()).hasSizeGreaterThanOrEqualTo(1_500).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("all")
    void a_packet_is_judged_as_the_corpus_says(PacketCorpus.Case packet) {
        if (packet.legal() || packet.fineAlone()) {
            if (!packet.name().startsWith("connect with an empty client id")) {
                assertThat(read(packet)).isNotNull();
            }
        } else if (packet.incomplete()) {
            assertThat(read(packet)).isNull();
        } else {
            assertThatThrownBy(() -> read(packet))
                    .isInstanceOfSatisfying(
                            Violation.class,
                            violation -> assertThat(violation.reason().code())
                                    .as(violation.text())
                                    .isEqualTo(packet.reason()));
        }
    }

    @ParameterizedTest
    @MethodSource("legal")
    void no_part_of_a_packet_is_taken_for_a_whole_one(PacketCorpus.Case packet) {
        byte[] bytes = packet.bytes();
        for (int length = 0; length < Math.min(bytes.length, 400); length++) {
            assertThat(read(packet, Arrays.copyOf(bytes, length))).isNull();
        }
    }

    @ParameterizedTest
    @MethodSource("legal")
    void a_packet_may_arrive_in_any_pieces(PacketCorpus.Case packet) {
        byte[] bytes = packet.bytes();
        FrameReader frames = frames(packet);
        Random random = new Random(7);
        ByteBuf content = null;
        for (int at = 0; at < bytes.length; ) {
            assertThat(content).isNull();
            int n = Math.min(bytes.length - at, 1 + random.nextInt(bytes.length < 1000 ? 3 : 5000));
            frames.add(UnpooledByteBufAllocator.DEFAULT.buffer(n).writeBytes(bytes, at, n));
            at += n;
            content = frames.next();
            if (content == null) {
                frames.settle();
            }
        }
        assertThat(content).isNotNull();
        assertThat(decode(packet, frames.header(), content)).isNotNull();
        frames.settle();
        assertThat(frames.waiting()).isZero();
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void no_change_of_a_byte_does_worse_than_a_violation(PacketCorpus.Case packet) {
        Random random = new Random(packet.toString().hashCode());
        for (int i = 0; i < 100; i++) {
            byte[] bytes = packet.bytes().clone();
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                read(packet, bytes);
            } catch (Violation expected) {
                assertThat(expected.text()).isNotEmpty();
            }
        }
    }

    @Test
    void packets_that_arrive_together_are_told_apart() {
        FrameReader frames = new FrameReader(UnpooledByteBufAllocator.DEFAULT);
        frames.connected(LARGEST);
        frames.add(Unpooled.copiedBuffer(PacketCorpus.bytes("C0 00 30 [ s\"a\" \"x\" ] 40 02 00 07 C0")));
        PacketReader reader = new PacketReader(Version.V311);
        assertThat(reader.read(Packet.PINGREQ << 4, present(frames.next()))).isInstanceOf(Packet.Ping.class);
        assertThat(reader.read(0x30, present(frames.next()))).isInstanceOfSatisfying(Packet.Publish.class, publish -> {
            assertThat(publish.topic()).hasToString("a");
            assertThat(publish.payload()).asString().isEqualTo("x");
        });
        assertThat(reader.read(0x40, present(frames.next())))
                .isEqualTo(new Packet.Acknowledge(Packet.PUBACK, 7, Reason.SUCCESS));
        assertThat(frames.next()).isNull();
        assertThat(frames.waiting()).isEqualTo(1);
        frames.close();
    }

    @Test
    void a_topic_that_comes_again_is_the_same_object() {
        PacketReader reader = new PacketReader(Version.V311);
        byte[] content = PacketCorpus.bytes("s\"sensors/101/temperature\" \"x\"");
        Packet.Publish first = (Packet.Publish) reader.read(0x30, Unpooled.wrappedBuffer(content));
        Packet.Publish second = (Packet.Publish) reader.read(0x30, Unpooled.wrappedBuffer(content));
        assertThat(second.topic()).isNotNull().isSameAs(first.topic());
    }

    @Test
    void ten_thousand_topics_are_told_apart() {
        PacketReader reader = new PacketReader(Version.V311);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 10_000; i++) {
                byte[] content = PacketCorpus.bytes("s\"t/" + i + "\" \"x\"");
                assertThat(((Packet.Publish) reader.read(0x30, Unpooled.wrappedBuffer(content))).topic())
                        .hasToString("t/" + i);
            }
        }
    }

    private static ByteBuf present(@Nullable ByteBuf content) {
        assertThat(content).isNotNull();
        return content;
    }

    private static FrameReader frames(PacketCorpus.Case packet) {
        FrameReader frames = new FrameReader(UnpooledByteBufAllocator.DEFAULT);
        if (!first(packet)) {
            frames.connected(LARGEST);
        }
        return frames;
    }

    static boolean first(PacketCorpus.Case packet) {
        return (packet.name().startsWith("connect") && !packet.name().equals("connack"))
                || packet.name().startsWith("first");
    }

    private static @Nullable Packet read(PacketCorpus.Case packet) {
        return read(packet, packet.bytes());
    }

    private static @Nullable Packet read(PacketCorpus.Case packet, byte[] bytes) {
        FrameReader frames = frames(packet);
        frames.add(Unpooled.copiedBuffer(bytes));
        try {
            ByteBuf content = frames.next();
            return content == null ? null : decode(packet, frames.header(), content);
        } finally {
            frames.close();
        }
    }

    private static Packet decode(PacketCorpus.Case packet, int header, ByteBuf content) {
        return first(packet)
                ? new ConnectReader().read(content)
                : new PacketReader(version(packet)).read(header, content);
    }

    static Version version(PacketCorpus.Case packet) {
        return switch (packet.version()) {
            case "3.1" -> Version.V31;
            case "3.1.1" -> Version.V311;
            case "5" -> Version.V5;
            default -> throw new IllegalArgumentException(packet.version());
        };
    }
}

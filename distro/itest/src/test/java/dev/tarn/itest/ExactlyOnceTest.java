// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Quality of service 2 from one client to another while the server is killed between any two packets on the way. */
class ExactlyOnceTest {

    private static final int PUBLISH = 3;
    private static final int PUBREC = 5;
    private static final int PUBREL = 6;
    private static final int PUBCOMP = 7;
    private static final int PINGRESP = 13;

    /** Packets of a message, from its publisher until its subscriber is done with it. */
    private static final int PACKETS = 8;

    @TempDir
    Path data;

    /** Remembers what the specification wants of a client; its connections come and go. */
    private abstract static class Party {
        final String clientId;
        MqttClient client;

        Party(String clientId, Tarn tarn, boolean present) throws IOException {
            this.clientId = clientId;
            this.client = connect(tarn, present);
        }

        final MqttClient connect(Tarn tarn, boolean present) throws IOException {
            client = MqttClient.silent(tarn.port("mqtt"), "5");
            client.send("10 [ s\"MQTT\" 05 00 00 00 [ 11 FF FF FF FF ] s\"" + clientId + "\" ]");
            assertThat(client.expect(2).success().sessionPresent()).isEqualTo(present);
            return client;
        }

        final void answer(int first, int packetId) throws IOException {
            client.send(String.format("%02X 02 %02X %02X", first, packetId >> 8, packetId & 255));
        }
    }

    private static final class Publisher extends Party {
        private final boolean retain;
        private String text = "";
        private int packetId;
        private boolean received;

        Publisher(Tarn tarn, boolean retain) throws IOException {
            super("publisher", tarn, false);
            this.retain = retain;
        }

        void send(String message, boolean again) throws IOException {
            if (!again) {
                text = message;
                packetId++;
                received = false;
            }
            int first = PUBLISH << 4 | (again ? 8 : 0) | 2 << 1 | (retain ? 1 : 0);
            client.send(String.format("%02X [ s\"once\" 00 %02X [ ] \"%s\" ]", first, packetId, text));
        }

        void awaitPubrec() throws IOException {
            assertThat(client.expect(PUBREC).success().packetId()).isEqualTo(packetId);
            received = true;
        }

        void release() throws IOException {
            answer(PUBREL << 4 | 2, packetId);
        }

        void awaitPubcomp() throws IOException {
            // The server may have been done with it when it died.
            assertThat(client.expect(PUBCOMP).packetId()).isEqualTo(packetId);
        }

        /** Sends again what was not answered [MQTT-4.4.0-1]. */
        void resume(Tarn tarn) throws IOException {
            connect(tarn, true);
            if (!received) {
                send(text, true);
                awaitPubrec();
            }
            release();
            awaitPubcomp();
        }

        void whole(String message) throws IOException {
            send(message, false);
            awaitPubrec();
            release();
            awaitPubcomp();
        }
    }

    private static final class Subscriber extends Party {
        final List<String> told = new ArrayList<>();
        private final Set<Integer> unreleased = new HashSet<>();

        Subscriber(Tarn tarn) throws IOException {
            super("subscriber", tarn, false);
            client.subscribe("once", 2);
        }

        /** Takes the next packet, and answers it unless told not to. */
        MqttPacket next(boolean answering) throws IOException {
            MqttPacket packet = client.next();
            int id = packet.type() == PINGRESP ? 0 : packet.packetId();
            if (packet.type() == PUBLISH) {
                assertThat(packet.qos()).isEqualTo(2);
                if (unreleased.add(id)) {
                    told.add(packet.text());
                }
            } else if (packet.type() == PUBREL) {
                unreleased.remove(id);
            }
            if (answering && packet.type() != PINGRESP) {
                answer(packet.type() == PUBLISH ? PUBREC << 4 : PUBCOMP << 4, id);
            }
            return packet;
        }

        void until(String text) throws IOException {
            while (!told.contains(text) || !unreleased.isEmpty()) {
                next(true);
            }
            client.send("C0 00");
            MqttPacket packet = next(true);
            while (packet.type() != PINGRESP) {
                packet = next(true);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_message_arrives_once_wherever_the_server_dies(boolean retain) throws Exception {
        Tarn tarn = Tarn.dev(data).ready();
        Publisher publisher = new Publisher(tarn, retain);
        Subscriber subscriber = new Subscriber(tarn);
        List<String> expected = new ArrayList<>();
        for (int last = 0; last < PACKETS; last++) {
            String text = "killed after packet " + last;
            handshake(publisher, subscriber, text, last);
            tarn.kill();
            tarn = Tarn.dev(data).ready();
            subscriber.connect(tarn, true);
            publisher.resume(tarn);
            publisher.whole("after " + last);
            subscriber.until("after " + last);
            expected.add(text);
            expected.add("after " + last);
            assertThat(subscriber.told).isEqualTo(expected);
        }
        tarn.close();
    }

    /** The way of one message, up to and including the packet of this number. */
    private static void handshake(Publisher publisher, Subscriber subscriber, String text, int last)
            throws IOException {
        publisher.send(text, false);
        if (last >= 1) {
            publisher.awaitPubrec();
        }
        if (last >= 2) {
            publisher.release();
        }
        if (last >= 3) {
            publisher.awaitPubcomp();
        }
        if (last >= 4) {
            assertThat(subscriber.next(last >= 5).type()).isEqualTo(PUBLISH);
        }
        if (last >= 6) {
            assertThat(subscriber.next(last >= 7).type()).isEqualTo(PUBREL);
        }
    }
}

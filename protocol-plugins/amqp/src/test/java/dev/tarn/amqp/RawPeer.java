// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tarn.testkit.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.codec.CodecFactory;
import org.apache.qpid.protonj2.codec.Decoder;
import org.apache.qpid.protonj2.codec.Encoder;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.AmqpValue;
import org.apache.qpid.protonj2.types.messaging.Rejected;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.messaging.Target;
import org.apache.qpid.protonj2.types.transactions.Coordinator;
import org.apache.qpid.protonj2.types.transactions.TransactionalState;
import org.apache.qpid.protonj2.types.transport.Attach;
import org.apache.qpid.protonj2.types.transport.Begin;
import org.apache.qpid.protonj2.types.transport.Flow;
import org.apache.qpid.protonj2.types.transport.Open;
import org.apache.qpid.protonj2.types.transport.ReceiverSettleMode;
import org.apache.qpid.protonj2.types.transport.Role;
import org.apache.qpid.protonj2.types.transport.SenderSettleMode;
import org.apache.qpid.protonj2.types.transport.Transfer;

/** A peer that says whatever it is told to, byte by byte. */
final class RawPeer implements AutoCloseable {

    static final String PLAIN = "414d515000010000";
    static final String SASL = "414d515003010000";

    private final RawClient client;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    RawPeer(int port) throws IOException {
        this.client = new RawClient(port);
    }

    RawPeer hex(String hex) {
        bytes.writeBytes(RawClient.bytes(hex));
        return this;
    }

    RawPeer raw(byte[] raw) {
        bytes.writeBytes(raw);
        return this;
    }

    /** Header and open. */
    RawPeer open() {
        return hex(PLAIN).frame(0, new Open().setContainerId("raw"));
    }

    RawPeer begin() {
        return frame(0, window());
    }

    private static Begin window() {
        return new Begin().setNextOutgoingId(0).setIncomingWindow(2_000_000).setOutgoingWindow(2_000_000);
    }

    RawPeer begin(int channel) {
        return frame(channel, window());
    }

    /** A link on which this peer sends. */
    RawPeer sender(String address) {
        return frame(
                0,
                new Attach()
                        .setName("out")
                        .setHandle(0)
                        .setRole(Role.SENDER)
                        .setSenderSettleMode(SenderSettleMode.MIXED)
                        .setReceiverSettleMode(ReceiverSettleMode.FIRST)
                        .setSource(new Source())
                        .setTarget(new Target().setAddress(address))
                        .setInitialDeliveryCount(0));
    }

    /** A link on which this peer receives, with so much credit. */
    RawPeer receiver(String address, long credit) {
        return receiver(new Source().setAddress(address), SenderSettleMode.SETTLED, credit);
    }

    RawPeer receiver(Source source, SenderSettleMode mode, long credit) {
        frame(
                0,
                new Attach()
                        .setName("in")
                        .setHandle(0)
                        .setRole(Role.RECEIVER)
                        .setSenderSettleMode(mode)
                        .setReceiverSettleMode(ReceiverSettleMode.FIRST)
                        .setSource(source)
                        .setTarget(new Target()));
        return frame(
                0,
                new Flow()
                        .setNextIncomingId(0)
                        .setIncomingWindow(2_000_000)
                        .setNextOutgoingId(0)
                        .setOutgoingWindow(2_000_000)
                        .setHandle(0)
                        .setDeliveryCount(0)
                        .setLinkCredit(credit));
    }

    RawPeer transfer(int id, boolean more, byte[] payload) {
        return raw(frame(0, 0, next(0, id).setMore(more), payload));
    }

    /** The link of transactions, as handle 1; AMQP 1.0 §4.1. */
    RawPeer coordinator() {
        return frame(
                0,
                new Attach()
                        .setName("control")
                        .setHandle(1)
                        .setRole(Role.SENDER)
                        .setSenderSettleMode(SenderSettleMode.UNSETTLED)
                        .setReceiverSettleMode(ReceiverSettleMode.FIRST)
                        .setSource(new Source().setOutcomes(Accepted.DESCRIPTOR_SYMBOL, Rejected.DESCRIPTOR_SYMBOL))
                        .setTarget(new Coordinator())
                        .setInitialDeliveryCount(0));
    }

    /** Declares or discharges. */
    RawPeer control(int id, Object asked) {
        ProtonBuffer body = Codec.allocate(64);
        new Codec().write(body, new AmqpValue<>(asked));
        return raw(frame(0, 0, next(1, id), Codec.bytes(body)));
    }

    /** A transfer of the sending link within a transaction, the first of the connection being 1. */
    RawPeer transfer(int id, long transaction, boolean more, byte[] payload) {
        byte[] number = ByteBuffer.allocate(Long.BYTES).putLong(transaction).array();
        TransactionalState within = new TransactionalState().setTxnId(new Binary(number));
        return raw(frame(0, 0, next(0, id).setMore(more).setState(within), payload));
    }

    private static Transfer next(int handle, int id) {
        return new Transfer()
                .setHandle(handle)
                .setDeliveryId(id)
                .setDeliveryTag(new byte[] {(byte) id})
                .setMessageFormat(0);
    }

    RawPeer frame(int channel, Object performative) {
        return raw(frame(0, channel, performative, new byte[0]));
    }

    static byte[] frame(int type, int channel, Object performative, byte[] payload) {
        ProtonBuffer buffer = Codec.allocate(256);
        buffer.writeInt(0).writeByte((byte) 2).writeByte((byte) type).writeShort((short) channel);
        new Codec().write(buffer, performative);
        buffer.writeBytes(payload);
        buffer.setInt(0, buffer.getReadableBytes());
        return Codec.bytes(buffer);
    }

    /** A frame of the SASL layer. */
    RawPeer sasl(Object performative) {
        ProtonBuffer buffer = Codec.allocate(64);
        buffer.writeInt(0).writeByte((byte) 2).writeByte((byte) 1).writeShort((short) 0);
        Encoder encoder = CodecFactory.getDefaultSaslEncoder();
        encoder.writeObject(buffer, encoder.newEncoderState(), performative);
        buffer.setInt(0, buffer.getReadableBytes());
        return raw(Codec.bytes(buffer));
    }

    /** Sends, then reads the next frame of the SASL layer, past the header. */
    Object sasl() throws IOException {
        send();
        byte[] size = client.read(4);
        while (Arrays.equals(size, new byte[] {'A', 'M', 'Q', 'P'})) {
            client.read(4);
            size = client.read(4);
        }
        byte[] frame = client.read(ByteBuffer.wrap(size).getInt() - 4);
        Decoder decoder = CodecFactory.getDefaultSaslDecoder();
        return decoder.readObject(Codec.buffer(Arrays.copyOfRange(frame, 4, frame.length)), decoder.newDecoderState());
    }

    /** Everything that was put together so far, not sent. */
    byte[] bytes() {
        return bytes.toByteArray();
    }

    RawPeer send() throws IOException {
        client.offer(bytes.toByteArray());
        bytes.reset();
        return this;
    }

    /** Sends and returns what the server says until it closes, as text: conditions are readable in it. */
    String untilClosed() throws IOException {
        send();
        return new String(client.readToEnd(), ISO_8859_1);
    }

    /** Sends, then reads until the server has said this. */
    String until(String said) throws IOException {
        send();
        StringBuilder heard = new StringBuilder();
        while (heard.indexOf(said) < 0) {
            heard.append(new String(client.read(1), ISO_8859_1));
        }
        return heard.toString();
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}

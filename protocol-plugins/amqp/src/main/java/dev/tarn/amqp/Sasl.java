// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.security.Credentials;
import dev.tarn.transport.Connection;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.codec.CodecFactory;
import org.apache.qpid.protonj2.codec.Decoder;
import org.apache.qpid.protonj2.codec.Encoder;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.security.SaslChallenge;
import org.apache.qpid.protonj2.types.security.SaslCode;
import org.apache.qpid.protonj2.types.security.SaslInit;
import org.apache.qpid.protonj2.types.security.SaslMechanisms;
import org.apache.qpid.protonj2.types.security.SaslOutcome;
import org.apache.qpid.protonj2.types.security.SaslResponse;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ConnectionError;
import org.jspecify.annotations.Nullable;

/** The server's side of the SASL layer, AMQP 1.0 §5.3, without the library's engine (decision 0220). Immutable. */
final class Sasl {

    /** Largest frame before somebody is known; a password may be a token. */
    static final int LARGEST = 16_384;

    private static final byte TYPE = 1;

    private final Connection peer;
    private final Offer offer;
    private final Encoder encoder = CodecFactory.getDefaultSaslEncoder();
    private final Decoder decoder = CodecFactory.getDefaultSaslDecoder();

    Sasl(Connection peer, Offer offer) {
        this.peer = peer;
        this.offer = offer;
    }

    /**
     * The frame that lists what is offered: EXTERNAL only to who has shown a certificate.
     *
     * @param dialogues mechanisms of several messages that are there
     */
    byte[] mechanisms(List<String> dialogues) {
        Symbol[] offered = offer.names().stream()
                .filter(name -> single(name) ? offer.covers(name, peer) : dialogues.contains(name))
                .map(Symbol::valueOf)
                .toArray(Symbol[]::new);
        return frame(new SaslMechanisms().setSaslServerMechanisms(offered));
    }

    /** Whether a mechanism has one message. */
    private static boolean single(String mechanism) {
        return switch (mechanism) {
            case Offer.EXTERNAL, Offer.PLAIN, Offer.ANONYMOUS -> true;
            default -> false;
        };
    }

    /** The peer's choice: a mechanism and its first message. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Init(String mechanism, byte[] message) {}

    /**
     * The peer's first frame.
     *
     * @throws Refusal when it is not the one that is due
     */
    Init init(byte[] frame) {
        if (!(read(frame) instanceof SaslInit init)) {
            throw new Refusal(AmqpError.ILLEGAL_STATE, "a SASL frame that is not init");
        }
        return new Init(String.valueOf(init.getMechanism()), bytes(init.getInitialResponse()));
    }

    /**
     * The peer's next message.
     *
     * @throws Refusal when the frame is not the one that is due
     */
    byte[] response(byte[] frame) {
        if (!(read(frame) instanceof SaslResponse response)) {
            throw new Refusal(AmqpError.ILLEGAL_STATE, "a SASL frame that is not response");
        }
        return bytes(response.getResponse());
    }

    private static byte[] bytes(@Nullable ProtonBuffer buffer) {
        return buffer == null ? new byte[0] : Codec.bytes(buffer);
    }

    private @Nullable Object read(byte[] frame) {
        if (frame[5] != TYPE) {
            throw new Refusal(ConnectionError.FRAMING_ERROR, "a frame of type " + frame[5] + " within SASL");
        }
        int start = 4 * (frame[4] & 0xff);
        Shape.performative(frame, start);
        try {
            return decoder.readObject(
                    Codec.buffer(Arrays.copyOfRange(frame, start, frame.length)), decoder.newDecoderState());
        } catch (RuntimeException unreadable) {
            throw new Refusal(AmqpError.DECODE_ERROR, "a SASL frame that cannot be read");
        }
    }

    /** What a mechanism of one message shows; null where it is not offered or says nothing that can be read. */
    @Nullable
    Credentials credentials(Init init) {
        if (!offer.covers(init.mechanism(), peer)) {
            return null;
        }
        return switch (init.mechanism()) {
            case Offer.PLAIN -> plain(init.message());
            case Offer.EXTERNAL -> external();
            case Offer.ANONYMOUS -> new Credentials.Nothing();
            default -> null;
        };
    }

    private @Nullable Credentials external() {
        return peer.certificate().<Credentials>map(Credentials.Certificate::new).orElse(null);
    }

    /** {@code [authzid] NUL authcid NUL passwd}, RFC 4616 §2; nobody acts for somebody else. */
    private static @Nullable Credentials plain(byte[] shown) {
        int first = next(shown, 0);
        int second = first < 0 ? -1 : next(shown, first + 1);
        if (second < 0) {
            return null;
        }
        String authorize = new String(shown, 0, first, StandardCharsets.UTF_8);
        String name = new String(shown, first + 1, second - first - 1, StandardCharsets.UTF_8);
        byte[] password = Arrays.copyOfRange(shown, second + 1, shown.length);
        Arrays.fill(shown, (byte) 0);
        return authorize.isEmpty() || authorize.equals(name) ? new Credentials.Password(name, password) : null;
    }

    private static int next(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                return i;
            }
        }
        return -1;
    }

    byte[] challenge(byte[] message) {
        return frame(new SaslChallenge().setChallenge(new Binary(message)));
    }

    byte[] outcome(SaslCode code) {
        return frame(new SaslOutcome().setCode(code));
    }

    /** It is certain who it is; the mechanism's last message comes along. */
    byte[] success(byte[] message) {
        SaslOutcome outcome = new SaslOutcome().setCode(SaslCode.OK);
        return frame(message.length == 0 ? outcome : outcome.setAdditionalData(new Binary(message)));
    }

    private byte[] frame(Object performative) {
        ProtonBuffer buffer = Codec.allocate(256);
        buffer.writeInt(0).writeByte((byte) 2).writeByte(TYPE).writeShort((short) 0);
        encoder.writeObject(buffer, encoder.newEncoderState(), performative);
        buffer.setInt(0, buffer.getReadableBytes());
        return Codec.bytes(buffer);
    }
}

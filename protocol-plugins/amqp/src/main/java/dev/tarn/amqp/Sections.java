// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.types.messaging.AmqpSequence;
import org.apache.qpid.protonj2.types.messaging.AmqpValue;
import org.apache.qpid.protonj2.types.messaging.ApplicationProperties;
import org.apache.qpid.protonj2.types.messaging.Data;
import org.apache.qpid.protonj2.types.messaging.Header;
import org.apache.qpid.protonj2.types.messaging.MessageAnnotations;
import org.apache.qpid.protonj2.types.messaging.Properties;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.jspecify.annotations.Nullable;

/** A message taken apart, AMQP 1.0 §3.2. For one thread. */
final class Sections {
    private @Nullable Header header;
    private @Nullable MessageAnnotations annotations;
    private @Nullable Properties properties;
    private @Nullable ApplicationProperties application;
    private final List<Data> data = new ArrayList<>(1);
    private final List<Object> sequence = new ArrayList<>(0);
    private @Nullable AmqpValue<?> value;
    private boolean sequential;
    private final byte[] message;

    /** Where in the message the value is, or the sequences are. */
    private int bodyFrom;

    private int bodyTo;

    /** Whether there is more than a message may have, AMQP 1.0 §3.2: one value, or sequences alone, one after the other. */
    private boolean mixed;

    /** Header, annotations, properties and application properties as they came. */
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);

    /** Where the application properties are in {@link #kept}. */
    private int applicationFrom;

    private int applicationTo;

    private Sections(byte[] message) {
        this.message = message;
    }

    /**
     * Takes a message apart.
     *
     * @throws Refusal when it cannot be read
     */
    static Sections of(byte[] message, Codec codec) {
        Shape.message(message);
        return read(message, codec);
    }

    /** Takes apart what was kept of one; it has been looked at before. */
    static Sections read(byte[] message, Codec codec) {
        Sections sections = new Sections(message);
        ProtonBuffer buffer = Codec.buffer(message);
        while (buffer.isReadable()) {
            int from = buffer.getReadOffset();
            sections.add(codec.read(buffer), from, buffer.getReadOffset());
        }
        return sections;
    }

    private void add(@Nullable Object section, int from, int to) {
        if (section instanceof Header read) {
            header = read;
            kept.write(message, from, to - from);
        } else if (section instanceof MessageAnnotations read) {
            annotations = read;
            kept.write(message, from, to - from);
        } else if (section instanceof Properties read) {
            properties = read;
            kept.write(message, from, to - from);
        } else if (section instanceof ApplicationProperties read) {
            application = read;
            applicationFrom = kept.size();
            kept.write(message, from, to - from);
            applicationTo = kept.size();
        } else if (section instanceof Data read) {
            data.add(read);
            mixed |= value != null || sequential;
        } else if (section instanceof AmqpValue<?> read) {
            mixed |= value != null || sequential || !data.isEmpty();
            value = read;
            bodyFrom = from;
            bodyTo = to;
        } else if (section instanceof AmqpSequence<?> read) {
            mixed |= value != null || !data.isEmpty() || (sequential && from != bodyTo);
            bodyFrom = sequential ? bodyFrom : from;
            bodyTo = to;
            sequential = true;
            if (read.getValue() != null) {
                sequence.addAll(read.getValue());
            }
        } else if (!(section instanceof org.apache.qpid.protonj2.types.messaging.Section<?>)) {
            throw new Refusal(AmqpError.DECODE_ERROR, "something that is no section of a message at " + from);
        }
    }

    @Nullable
    Header header() {
        return header;
    }

    /** Those of the message, or empty ones. */
    Properties properties() {
        return properties == null ? new Properties() : properties;
    }

    /** As they came; empty for none. */
    Map<?, ?> annotations() {
        return annotations == null || annotations.getValue() == null ? Map.of() : annotations.getValue();
    }

    /** As they came; empty for none. */
    Map<?, ?> application() {
        return application == null || application.getValue() == null ? Map.of() : application.getValue();
    }

    /** What annotations or application properties have under any of these names; null for nothing. */
    @Nullable
    Object option(String... names) {
        for (String name : names) {
            for (Map<?, ?> map : List.of(annotations(), application())) {
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    if (String.valueOf(entry.getKey()).equals(name)) {
                        return entry.getValue();
                    }
                }
            }
        }
        return null;
    }

    /** Whether the body is a value rather than data or a sequence. */
    boolean hasValue() {
        return value != null;
    }

    boolean hasSequence() {
        return sequential;
    }

    @Nullable
    Object value() {
        return value == null ? null : value.getValue();
    }

    List<Object> sequence() {
        return sequence;
    }

    /** All data sections, one after the other: there may be several. */
    byte[] data() {
        if (data.size() == 1) {
            byte[] only = data.get(0).getValue();
            return only == null ? new byte[0] : only;
        }
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (Data part : data) {
            byte[] bytes = part.getValue();
            joined.write(bytes == null ? new byte[0] : bytes, 0, bytes == null ? 0 : bytes.length);
        }
        return joined.toByteArray();
    }

    /** The sections of a value or of sequences as they came, AMQP 1.0 §3.2.7 and §3.2.8; empty where there is more than that. */
    byte[] body() {
        return mixed ? new byte[0] : Arrays.copyOfRange(message, bodyFrom, bodyTo);
    }

    /** Header, annotations, properties and application properties as they came. */
    byte[] kept() {
        return kept.toByteArray();
    }

    /** The application properties as they came; empty for none. */
    byte[] keptApplication() {
        return Arrays.copyOfRange(kept.toByteArray(), applicationFrom, applicationTo);
    }
}

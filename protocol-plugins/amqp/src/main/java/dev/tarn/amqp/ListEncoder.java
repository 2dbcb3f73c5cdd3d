// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.codec.DescribedTypeEncoder;
import org.apache.qpid.protonj2.codec.EncoderState;
import org.apache.qpid.protonj2.codec.EncodingCodes;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.UnsignedLong;

/**
 * Writes lists, AMQP 1.0 §1.6.22. The library's own encoder fails where null follows something in a list, and cannot be
 * replaced; but encoders are found by class, and this one is for the class that decoders and {@link Values} make lists of.
 */
@SuppressWarnings({"rawtypes", "NonApiType"}) // encoders are found by this class, which has no parameters at run time
final class ListEncoder implements DescribedTypeEncoder<ArrayList> {

    @Override
    public Class<ArrayList> getTypeClass() {
        return ArrayList.class;
    }

    @Override
    public void writeType(ProtonBuffer buffer, EncoderState state, ArrayList list) {
        if (list.isEmpty()) {
            buffer.writeByte(EncodingCodes.LIST0);
        } else {
            buffer.writeByte(EncodingCodes.LIST32);
            write(buffer, state, list);
        }
    }

    private static void write(ProtonBuffer buffer, EncoderState state, List<?> list) {
        int start = buffer.getWriteOffset();
        buffer.writeInt(0).writeInt(list.size());
        for (Object element : list) {
            state.getEncoder().writeObject(buffer, state, element);
        }
        buffer.setInt(start, buffer.getWriteOffset() - start - Integer.BYTES);
    }

    /** As the elements of an array, AMQP 1.0 §1.6.24. */
    @Override
    public void writeRawArray(ProtonBuffer buffer, EncoderState state, Object[] lists) {
        buffer.writeByte(EncodingCodes.LIST32);
        for (Object list : lists) {
            write(buffer, state, (List<?>) list);
        }
    }

    @Override
    public void writeArray(ProtonBuffer buffer, EncoderState state, Object[] lists) {
        buffer.writeByte(EncodingCodes.ARRAY32);
        int start = buffer.getWriteOffset();
        buffer.writeInt(0).writeInt(lists.length);
        writeRawArray(buffer, state, lists);
        buffer.setInt(start, buffer.getWriteOffset() - start - Integer.BYTES);
    }

    @Override
    public boolean isArrayType() {
        return false;
    }

    @Override
    public UnsignedLong getDescriptorCode() {
        throw new UnsupportedOperationException("a list has no descriptor");
    }

    @Override
    public Symbol getDescriptorSymbol() {
        throw new UnsupportedOperationException("a list has no descriptor");
    }
}

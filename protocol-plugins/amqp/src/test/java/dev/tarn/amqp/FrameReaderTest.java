// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Frames out of reads that end anywhere. */
class FrameReaderTest {

    private static final int FRAME = 10_000;
    private static final int READ = 16_384;

    @Test
    void reads_that_all_end_within_a_frame_take_no_more_memory_than_a_few() {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
        FrameReader reader = new FrameReader(allocator);
        byte[] frame = new byte[FRAME];
        new Random(1).nextBytes(frame);
        ByteBuffer.wrap(frame).putInt(FRAME).put((byte) 2);
        int at = 0;
        int frames = 0;
        long most = 0;
        for (int i = 0; i < 2_000; i++) {
            // Never at the end of a frame.
            int length = (at + READ) % FRAME == 0 ? READ - 1 : READ;
            ByteBuf read = allocator.buffer(READ);
            for (int j = 0; j < length; j++) {
                read.writeByte(frame[at++ % FRAME]);
            }
            reader.add(read);
            for (byte[] cut = reader.frame(65_536); cut != null; cut = reader.frame(65_536)) {
                assertThat(cut).isEqualTo(frame);
                frames++;
            }
            reader.settle();
            most = Math.max(most, allocator.metric().usedHeapMemory());
        }
        assertThat(frames).isEqualTo(at / FRAME);
        assertThat(most).isLessThan(10L * READ);
        reader.close();
        assertThat(allocator.metric().usedHeapMemory()).isZero();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.nio.ByteBuffer;
import org.apache.qpid.protonj2.engine.DeliveryTagGenerator;
import org.apache.qpid.protonj2.types.DeliveryTag;

/** Counts deliveries of one link. For the connection's loop. */
final class Tags implements DeliveryTagGenerator {
    private long last;

    @Override
    public DeliveryTag nextTag() {
        last++;
        return new DeliveryTag.ProtonDeliveryTag(
                ByteBuffer.allocate(Long.BYTES).putLong(last).array());
    }
}

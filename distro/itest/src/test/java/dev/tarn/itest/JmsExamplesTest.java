// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.example.jms.Away;
import com.example.jms.Jobs;
import com.example.jms.WarmRooms;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the page on AMQP shows of JMS does what it says. */
class JmsExamplesTest {
    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void the_examples_run_against_the_image(@TempDir Path data) throws Exception {
        Path application = Path.of(System.getProperty("tarn.examples"), "getting-started");
        try (Tarn tarn = Tarn.dev(data, application).set("amqp.port", 0).ready()) {
            String[] address = {"amqp://" + tarn.address("amqp")};
            WarmRooms.main(address);
            assertThat(Http.json(Http.get(tarn, "/Sensors/101")).path("temp").asInt())
                    .isEqualTo(35);
            Jobs.main(address);
            assertThat(Http.json(Http.get(tarn, "/Sensors/102")).path("temp").asInt())
                    .isEqualTo(1);
            assertThat(Http.get(tarn, "/Sensors/102").headers().allValues("Tarn-Property"))
                    .contains("job=measure%20102");
            Away.main(address);
        }
    }
}

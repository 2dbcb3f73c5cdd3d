// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Failure;
import dev.tarn.testkit.BodyCorpus;
import dev.tarn.testkit.BodyCorpus.Case;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies that are no documents of the type that they claim, put as rows. */
class BadBodiesTest {
    private static House house;

    @BeforeAll
    static void start(@TempDir Path directory) {
        house = new House(directory);
    }

    @AfterAll
    static void stop() {
        house.close();
    }

    /** Those that a request may carry at all. */
    static List<Case> bodies() {
        return BodyCorpus.cases().stream()
                .filter(body -> body.bytes().length <= 2 << 20)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void a_bad_body_is_refused_with_its_reason_and_changes_nothing(Case body) throws Exception {
        House.Answer answer = house.send("PUT", "/Sensors/1", body.bytes(), "Content-Type: " + body.mediaType());
        assertThat(answer.status()).isEqualTo(body.code() == Failure.Code.TOO_LARGE ? 413 : 400);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(house.value("application/json", answer.bytes()).toString()).contains(body.says());
        assertThat(house.get("/Sensors/1").status()).isEqualTo(404);
    }
}

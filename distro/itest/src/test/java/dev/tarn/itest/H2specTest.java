// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The image against h2spec; what fails is what {@code h2spec.txt} explains. In profile {@code conformance}. */
@EnabledIfSystemProperty(named = "tarn.conformance", matches = "true")
class H2specTest {
    private static final String ARCHIVE = "/h2spec/2.2.0/h2spec_linux_amd64.tar.gz";

    @TempDir
    Path folder;

    @Test
    void http_2_is_what_its_specification_says() throws Exception {
        Path archive = folder.resolve("h2spec.tar.gz");
        try (InputStream in = Objects.requireNonNull(H2specTest.class.getResourceAsStream(ARCHIVE), ARCHIVE)) {
            Files.copy(in, archive);
        }
        run("tar", "xzf", archive.toString(), "-C", folder.toString());
        Path report = folder.resolve("report.xml");
        try (Tarn tarn = Tarn.dev(folder).ready()) {
            run(
                    folder.resolve("h2spec").toString(),
                    "-h",
                    "127.0.0.1",
                    "-p",
                    Integer.toString(tarn.port("http")),
                    "-o",
                    "10",
                    "-j",
                    report.toString());
        }
        assertThat(failed(report)).isSubsetOf(explained());
    }

    private void run(String... words) throws IOException, InterruptedException {
        Path said = folder.resolve("said.txt");
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertThat(process.waitFor(10, TimeUnit.MINUTES)).as(words[0]).isTrue();
    }

    /** Section and title of each case that failed. */
    private static List<String> failed(Path report) throws Exception {
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
        NodeList cases = document.getElementsByTagName("testcase");
        assertThat(cases.getLength()).isGreaterThan(140);
        List<String> failed = new ArrayList<>();
        for (int i = 0; i < cases.getLength(); i++) {
            Element one = (Element) cases.item(i);
            if (one.getElementsByTagName("failure").getLength() > 0
                    || one.getElementsByTagName("error").getLength() > 0) {
                failed.add(one.getAttribute("package") + " | " + one.getAttribute("classname"));
            }
        }
        return failed;
    }

    private static List<String> explained() throws IOException {
        try (InputStream in = Objects.requireNonNull(H2specTest.class.getResourceAsStream("h2spec.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.substring(0, line.lastIndexOf(" | ")))
                    .toList();
        }
    }
}

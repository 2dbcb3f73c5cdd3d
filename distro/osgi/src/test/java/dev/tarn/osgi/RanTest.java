// SPDX-License-Identifier: Apache-2.0
package dev.tarn.osgi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What was run inside the framework, one test for each: a framework that runs none says nothing. */
class RanTest {

    private static List<Element> cases() throws Exception {
        List<Element> cases = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("target/test-reports"))) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".xml")).toList()) {
                NodeList found = DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(file.toFile())
                        .getElementsByTagName("testcase");
                for (int i = 0; i < found.getLength(); i++) {
                    cases.add((Element) found.item(i));
                }
            }
        }
        return cases;
    }

    @Test
    void more_than_none_ran_inside_the_framework() throws Exception {
        assertThat(cases()).hasSizeGreaterThanOrEqualTo(6);
    }

    @TestFactory
    Stream<DynamicTest> inside_the_framework() throws Exception {
        return cases().stream()
                .map(each -> DynamicTest.dynamicTest(each.getAttribute("name"), () -> {
                    for (String wrong : List.of("failure", "error", "skipped")) {
                        assertThat(each.getElementsByTagName(wrong).getLength())
                                .as(wrong)
                                .isZero();
                    }
                }));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.launcher.Plan.Configuration;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of the settings, with metatype as bnd writes it. */
class PlanTest {
    private static final String METATYPE = """
            <?xml version="1.0" encoding="UTF-8"?>
            <metatype:MetaData xmlns:metatype="http://www.osgi.org/xmlns/metatype/v1.4.0">
              <OCD id="Config" name="x">%s</OCD>
              <Designate %s="%s"><Object ocdref="Config"/></Designate>
            </metatype:MetaData>
            """;

    @TempDir
    Path folder;

    private final Catalog catalog = new Catalog();

    PlanTest() throws Exception {
        bundle("dev.tarn.transport", true, "factoryPid", Catalog.LISTENER, """
                <AD id="name" type="String"/><AD id="port" type="Integer" min="0" max="65535"/>
                <AD id="optional" type="Boolean" default="false"/>
                <AD id="host" type="String" default="127.0.0.1"/><AD id="protocols" type="String" cardinality="2147483647"/>
                """);
        bundle("dev.tarn.store", false, "pid", "dev.tarn.store", """
                <AD id="directory" type="String"/><AD id="cache" type="Long" default="64" min="1"/>
                <AD id="durability" type="String" default="sync"><Option label="s" value="sync"/><Option label="a" value="async"/></AD>
                """);
        bundle("dev.tarn.mqtt", true, "pid", "dev.tarn.mqtt", """
                <AD id="keepAlive.most" type="Integer" default="60"/><AD id="retain" type="Boolean" default="true"/>
                """);
    }

    private void bundle(String name, boolean speaks, String attribute, String pid, String keys) throws Exception {
        byte[] xml = METATYPE.formatted(keys, attribute, pid).strip().getBytes(StandardCharsets.UTF_8);
        catalog.add(new Described(name, speaks, "", Metatype.read(new ByteArrayInputStream(xml))));
    }

    private Plan plan(String yaml, Map<String, String> commandLine) throws Exception {
        Path file = folder.resolve("tarn.yaml");
        Files.writeString(file, yaml);
        return Plan.of(
                catalog,
                Settings.of(Optional.of(file), commandLine),
                Map.of("store.directory", "/data/store", "nobody.directory", "/data"));
    }

    private static Map<String, Object> of(Plan plan, String pid, String instance) {
        return plan.configurations().stream()
                .filter(each -> each.pid().equals(pid) && each.instance().equals(instance))
                .findFirst()
                .orElseThrow()
                .properties();
    }

    @Test
    void a_section_becomes_the_configuration_of_its_component_with_typed_values() throws Exception {
        Plan plan = plan("store:\n  cache: 128\n  durability: async\n", Map.of());
        assertThat(plan.errors()).isEmpty();
        assertThat(of(plan, "dev.tarn.store", ""))
                .containsEntry("cache", 128L)
                .containsEntry("durability", "async")
                .containsEntry("directory", "/data/store");
    }

    @Test
    void a_protocols_section_is_shared_by_its_listener_and_itself() throws Exception {
        Plan plan = plan("mqtt:\n  port: 1884\n  retain: no\n  keepAlive:\n    most: 30\n", Map.of());
        assertThat(of(plan, Catalog.LISTENER, "mqtt"))
                .containsEntry("port", 1884)
                .containsEntry("name", "mqtt");
        assertThat(of(plan, "dev.tarn.mqtt", "")).containsEntry("retain", false).containsEntry("keepAlive.most", 30);
    }

    @Test
    void standard_listeners_are_there_unless_they_are_off() throws Exception {
        assertThat(plan("", Map.of()).configurations().stream().filter(Configuration::listener))
                .extracting(Configuration::instance, each -> each.properties().get("port"))
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("http", 9926),
                        org.assertj.core.groups.Tuple.tuple("mqtt", 1883));
        assertThat(plan("mqtt:\n  port: off\n", Map.of("http.port", "0")).configurations().stream()
                        .filter(Configuration::listener))
                .extracting(Configuration::instance)
                .containsExactly("http");
    }

    @Test
    void further_listeners_have_names_of_their_own() throws Exception {
        Plan plan = plan("listener:\n  inside:\n    port: 7000\n    protocols: [http, mqtt]\n", Map.of());
        assertThat(plan.errors()).isEmpty();
        assertThat(of(plan, Catalog.LISTENER, "inside"))
                .containsEntry("port", 7000)
                .containsEntry("name", "inside")
                .containsEntry("protocols", new String[] {"http", "mqtt"});
    }

    @Test
    void a_list_on_the_command_line_is_separated_by_commas() throws Exception {
        Plan plan = plan("", Map.of("http.protocols", "http,mqtt"));
        assertThat(of(plan, Catalog.LISTENER, "http")).containsEntry("protocols", new String[] {"http", "mqtt"});
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http.prt=1        | unknown key 'http.prt', the nearest known one is 'http.port'",
                "htpp.port=1       | unknown key 'htpp.port', the nearest known one is 'http.port'",
                "store.cach=1      | unknown key 'store.cach', the nearest known one is 'store.cache'",
                "mqtt.keepAlive=1  | unknown key 'mqtt.keepAlive', the nearest known one is 'mqtt.keepAlive.most'",
                "port=1            | unknown key 'port'",
                "http=1            | unknown key 'http'",
                "echo.port=1       | unknown key 'echo.port'",
                "http.port=abc     | 'http.port' wants a whole number, not 'abc'",
                "http.port=70000   | 'http.port' wants a number from 0 to 65535, not 70000",
                "http.port=-1      | 'http.port' wants a number from 0 to 65535, not -1",
                "store.cache=0     | 'store.cache' wants a number from 1",
                "mqtt.retain=maybe | 'mqtt.retain' wants true or false, not 'maybe'",
                "store.durability=x| 'store.durability' wants one of sync, async, not 'x'",
                "store.directory=/ | 'store.directory' is not for configuration",
                "log.level=loud    | 'log.level' wants one of"
            })
    void what_is_wrong_on_the_command_line_is_an_error(String pair, String told) throws Exception {
        String key = pair.substring(0, pair.indexOf('='));
        assertThat(plan("", Map.of(key, pair.substring(pair.indexOf('=') + 1))).errors())
                .singleElement()
                .asString()
                .contains("--set " + key)
                .contains(told);
    }

    @Test
    void all_errors_of_a_file_are_told_at_once_with_their_lines() throws Exception {
        Plan plan = plan("http:\n  prt: 1\nmqtt:\n  port: x\nstore:\n  cache: [1, 2]\n", Map.of());
        assertThat(plan.errors()).hasSize(3);
        assertThat(plan.errors().get(0)).contains("tarn.yaml:2: unknown key 'http.prt'");
        assertThat(plan.errors().get(1)).contains("tarn.yaml:4: 'mqtt.port' wants a whole number");
        assertThat(plan.errors().get(2)).contains("'store.cache' wants one value, not a list");
    }

    @Test
    void a_section_whose_bundle_is_missing_is_a_warning_until_the_bundle_comes() throws Exception {
        String yaml = "echo:\n  port: 7\n  shout: true\namqp:\n  port: 5672\n";
        Plan before = plan(yaml, Map.of("amqp.idle", "1"));
        assertThat(before.errors()).isEmpty();
        assertThat(before.warnings())
                .containsExactly(
                        "section 'echo' is ignored: no bundle that reads it is installed",
                        "section 'amqp' is ignored: no bundle that reads it is installed");
        bundle("com.example.echo", true, "pid", "com.example.echo", "<AD id=\"shout\" type=\"Boolean\"/>");
        Plan after = plan(yaml, Map.of());
        assertThat(after.errors()).isEmpty();
        assertThat(of(after, Catalog.LISTENER, "echo")).containsEntry("port", 7);
        assertThat(of(after, "com.example.echo", "")).containsEntry("shout", true);
    }

    @Test
    void a_protocol_without_a_standard_port_listens_only_where_it_is_told_to() throws Exception {
        bundle("com.example.echo", true, "pid", "com.example.echo", "<AD id=\"shout\" type=\"Boolean\"/>");
        assertThat(plan("", Map.of()).configurations())
                .noneMatch(each -> each.instance().equals("echo"));
        assertThat(plan("echo:\n  host: 127.0.0.2\n", Map.of()).configurations())
                .noneMatch(each -> each.instance().equals("echo"));
    }

    @Test
    void a_standard_port_that_nobody_asked_for_may_be_taken_but_for_those_that_make_a_node() throws Exception {
        bundle("dev.tarn.amqp", true, "pid", "dev.tarn.amqp", "<AD id=\"credit\" type=\"Integer\"/>");
        Plan plan = plan("", Map.of());
        assertThat(of(plan, Catalog.LISTENER, "amqp"))
                .containsEntry("port", 5672)
                .containsEntry("optional", true);
        assertThat(of(plan, Catalog.LISTENER, "mqtt"))
                .containsEntry("port", 1883)
                .doesNotContainKey("optional");
        assertThat(of(plan("amqp:\n  port: 7\n", Map.of()), Catalog.LISTENER, "amqp"))
                .containsEntry("port", 7)
                .doesNotContainKey("optional");
        assertThat(of(plan("amqp:\n  optional: false\n", Map.of()), Catalog.LISTENER, "amqp"))
                .containsEntry("port", 5672)
                .containsEntry("optional", false);
    }

    @Test
    void two_components_may_share_a_section() throws Exception {
        bundle("dev.tarn.http", false, "pid", "dev.tarn.http", "<AD id=\"pretty\" type=\"Boolean\"/>");
        bundle(
                "dev.tarn.transport",
                false,
                "pid",
                "dev.tarn.http",
                "<AD id=\"hosts\" type=\"String\" cardinality=\"9\"/>");
        Plan plan = plan("http:\n  pretty: true\n  hosts: [a]\n", Map.of());
        assertThat(plan.errors()).isEmpty();
        assertThat(of(plan, "dev.tarn.http", "")).containsEntry("pretty", true).containsKey("hosts");
        assertThat(catalog.keys()).contains("http.pretty", "http.hosts", "http.port");
    }

    @Test
    void the_launchers_own_values_have_defaults() throws Exception {
        Path file = Files.writeString(folder.resolve("own.yaml"), "log:\n  level: debug\n");
        Settings settings = Settings.of(Optional.of(file), Map.of());
        assertThat(Plan.own(catalog, settings, "log.level")).isEqualTo("debug");
        assertThat(Plan.own(catalog, settings, "data.directory")).isEqualTo("data");
        assertThat(List.of(Plan.own(catalog, settings, "deploy.directory"))).containsExactly("deploy");
    }

    @Test
    void a_protocol_that_says_where_it_listens_does_so_unless_it_is_told_otherwise() throws Exception {
        catalog.add(new Described("com.example.chat", true, "port=7007", List.of()));
        assertThat(of(plan("", Map.of()), Catalog.LISTENER, "chat")).containsEntry("port", 7007);
        assertThat(of(plan("chat.port: 7008\n", Map.of()), Catalog.LISTENER, "chat"))
                .containsEntry("port", 7008);
        assertThat(plan("chat.port: off\n", Map.of()).configurations())
                .noneMatch(each -> each.instance().equals("chat"));
        assertThat(plan("chat.port: off\n", Map.of()).unheard()).isEmpty();
    }

    @Test
    void a_protocol_without_a_port_is_unheard_unless_a_listener_names_it() throws Exception {
        catalog.add(new Described("com.example.chat", true, "talk", List.of()));
        assertThat(plan("", Map.of()).unheard()).containsExactly("talk");
        assertThat(plan("talk.port: 0\n", Map.of()).unheard()).isEmpty();
        assertThat(plan("listener.all.port: 0\nlistener.all.protocols: [mqtt, talk]\n", Map.of())
                        .unheard())
                .isEmpty();
        assertThat(Plan.portless("talk")).contains("talk.port");
    }
}

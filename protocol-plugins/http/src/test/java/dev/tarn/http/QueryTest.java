// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.http.House.Answer;
import dev.tarn.testkit.RawClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The query language over HTTP: WIRE.md §3. Requests go out as they are, with raw brackets and bars. */
class QueryTest {

    private static final Table PRODUCTS = new Table(
            "data",
            "Products",
            "Products",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("name", Attribute.Type.STRING).withIndex(),
                    Attribute.of("price", Attribute.Type.FLOAT).withIndex(),
                    Attribute.of("stock", Attribute.Type.INT),
                    Attribute.of("added", Attribute.Type.DATE),
                    new Attribute("tags", Attribute.Type.STRING, true, false, false, true, false, List.of())),
            Table.Rules.DECLARED);

    private static final Pattern NEXT = Pattern.compile("<(\\?[^>]*)>; rel=\"next\"");

    @TempDir
    static Path directory;

    private static House house;

    @BeforeAll
    static void start() throws Exception {
        house = new House(directory);
        house.node.deploy(House.SENSORS, House.ORDERS, House.MANY, House.LARGE, House.FILES, PRODUCTS);
        house.json("PUT", "/Products/", """
                [{"id":"1","name":"anvil","price":100,"stock":3,"tags":["iron","heavy"],"added":"2026-01-05T00:00:00Z"},
                 {"id":"2","name":"bolt","price":0.5,"stock":900,"tags":["iron"],"made":{"in":"FR","year":2020}},
                 {"id":"3","name":"cart","price":250,"stock":0,"tags":[],"made":{"in":"DE","year":2021}},
                 {"id":"4","name":"Dart","price":12.25,"tags":["toy"],"note":"5"},
                 {"id":"5","name":"ear (left)","stock":7,"note":5}]
                """);
    }

    @AfterAll
    static void close() {
        house.close();
    }

    private static Answer get(String target, String... headers) throws Exception {
        return house.get(target, headers);
    }

    /** Status and body of a request whose target is sent as it is. */
    private static String raw(String method, String target, String... headers) throws Exception {
        try (RawClient raw = new RawClient(house.node.port("http"))) {
            StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.0\r\n");
            head.append("Host: localhost:").append(house.node.port("http")).append("\r\n");
            for (String header : headers) {
                head.append(header).append("\r\n");
            }
            raw.sendText(head.append("\r\n").toString());
            return new String(raw.readToEnd(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
                    name=anvil                       ~ 1
                    price=gt=10&price=lt=200         ~ 1 4
                    price=gt=10&lt=200               ~ 1 4
                    price=ge=100|stock==900          ~ 1 2 3
                    price=gt=10&(stock==3|stock==0)  ~ 1 3
                    price=gt=10&[stock==3|stock==0]  ~ 1 3
                    price==null                      ~ 5
                    price!=null                      ~ 1 2 3 4
                    stock!=3                         ~ 2 3 4 5
                    name==c*                         ~ 3
                    name=sw=c                        ~ 3
                    name=ct=ar                       ~ 3 4 5
                    name=ew=rt                       ~ 3 4
                    name=ear%20(left)                ~ 5
                    name=in=(bolt,cart,zebra)        ~ 2 3
                    tags=iron                        ~ 1 2
                    tags=in=(toy,heavy)              ~ 1 4
                    made.in=FR                       ~ 2
                    made.year=gt=2020                ~ 3
                    note=5                           ~ 4
                    note==5                          ~ 5
                    note==string:5                   ~ 4
                    note==number:5                   ~ 5
                    added=lt=2026-02-01              ~ 1
                    added==date:2026-01-05T00:00:00Z ~ 1
                    id=gt=3                          ~ 4 5
                    id=in=(5,1,9)                    ~ 1 5
                    $id=sw=2                         ~ 2
                    $updatedtime=gt=date:2020-01-01  ~ 1 2 3 4 5
                    sort(price)                      ~ 2 4 1 3 5
                    sort(-price)                     ~ 3 1 4 2 5
                    sort(-stock)&limit(2)            ~ 2 5
                    sort(price)&limit(1,3)           ~ 4 1
                    price=gt=1&sort(-name)           ~ 3 1 4
                    limit(2)                         ~ 1 2
                    limit(0)                         ~
                    stock=ge=0&limit(1000000000,2000000000) ~
                    """)
    void rows_are_found(String query, String ids) throws Exception {
        String answer = raw("GET", "/Products/?" + query, "Accept: application/x-ndjson");
        assertThat(answer).startsWith("HTTP/1.1 200");
        List<String> found = new ArrayList<>();
        Matcher matcher = Pattern.compile("\"id\":\"(\\d)\"").matcher(answer);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        String joined = String.join(" ", found);
        boolean sorted = query.contains("sort") || query.contains("limit");
        assertThat(sorted ? joined : String.join(" ", found.stream().sorted().toList()))
                .as(answer)
                .isEqualTo(ids == null ? "" : ids);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
                    id=1&select(name)                ~ ["anvil"]
                    id=1&select(name,)               ~ [{"name":"anvil"}]
                    id=2&select(id,made{in})         ~ [{"id":"2","made":{"in":"FR"}}]
                    id=in=(1,5)&select([id,price])   ~ [["1",100],["5",null]]
                    id=1&select($id,stock)           ~ [{"$id":"1","stock":3}]
                    aggregate(count(),sum(price),min(name),max(stock)) ~ {"count()":5,"sum(price)":362.75,"min(name)":"Dart","max(stock)":900}
                    id=gt=9&aggregate(count(),avg(price)) ~ {"count()":0,"avg(price)":null}
                    aggregate(count())&group(stock)&sort(-count(),-stock)&limit(2) ~ [{"stock":900,"count()":1},{"stock":7,"count()":1}]
                    """)
    void what_is_selected_and_gathered_is_returned(String query, String json) throws Exception {
        String answer = raw("GET", "/Products/?" + query);
        assertThat(answer).startsWith("HTTP/1.1 200");
        String body = answer.substring(answer.indexOf("\r\n\r\n") + 4).replace("\n", "");
        assertThat(body).isEqualTo(json);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
                    name=anvil              ~ index name
                    price=gt=10             ~ index price
                    stock=3                 ~ scan
                    stock=3&sort(price)     ~ index price
                    sort(stock)             ~ scan, sorted in memory
                    id=1                    ~ id
                    id=gt=1                 ~ id range
                    name=anvil|price=lt=1   ~ index name + index price
                    name=anvil&price=gt=1   ~ index name
                    """)
    void an_answer_says_how_its_rows_were_found(String query, String access) throws Exception {
        assertThat(raw("GET", "/Products/?" + query)).contains("plan;desc=\"" + access + "\";dur=");
        assertThat(raw("GET", "/Products/?" + query + "&explain()"))
                .contains("\"access\":\"" + access.replace(", sorted in memory", "") + "\"");
    }

    @Test
    void pages_follow_each_other_by_their_links() throws Exception {
        List<String> seen = new ArrayList<>();
        String target = "/Products/?sort(-price)&select(id)&limit(2)";
        for (int pages = 0; pages < 4 && target != null; pages++) {
            Answer page = get(target);
            assertThat(page.status()).as(page.text()).isEqualTo(200);
            seen.add(page.text().replace("\n", ""));
            Matcher next = NEXT.matcher(page.header("link"));
            target = next.matches() ? "/Products/" + next.group(1) : null;
        }
        assertThat(seen).containsExactly("[\"3\",\"1\"]", "[\"4\",\"2\"]", "[\"5\"]");
        assertThat(get("/Products/?sort(price)&limit(2)&after(abc)").text()).contains("Link header");
    }

    @Test
    void all_matching_rows_are_counted_when_asked_for() throws Exception {
        Answer counted = get("/Products/?price=gt=1&limit(1,3)", "Prefer: count=exact");
        assertThat(counted.header("content-range")).isEqualTo("items 1-2/3");
        assertThat(counted.header("preference-applied")).isEqualTo("count=exact");
        assertThat(get("/Products/?price=gt=1000", "Prefer: count=exact").header("content-range"))
                .isEqualTo("items */0");
        assertThat(get("/Products/?price=gt=1").header("content-range")).isEqualTo("-");
        Matcher next = NEXT.matcher(get("/Products/?price=gt=1&limit(2)").header("link"));
        assertThat(next.matches()).isTrue();
        assertThat(get("/Products/" + next.group(1), "Prefer: count=exact").header("content-range"))
                .isEqualTo("items */3");
    }

    @Test
    void formats_that_need_the_length_first_take_queries_too() throws Exception {
        assertThat(get("/Products/?id=in=(1,2)&select(id,name)", "Accept: text/csv")
                        .text())
                .isEqualTo("id,name\r\n1,anvil\r\n2,bolt\r\n");
        Answer packed = get("/Products/?aggregate(count())", "Accept: application/x-msgpack");
        assertThat(house.value("application/x-msgpack", packed.bytes())).isEqualTo("{count()=5}");
    }

    @Test
    void a_query_deletes_what_it_finds_and_says_how_many_rows_that_were() throws Exception {
        List<String> orders = new ArrayList<>();
        for (int i = 0; i < 700; i++) {
            orders.add("{\"id\":" + i + ",\"item\":\"" + (i % 2 == 0 ? "even" : "odd") + "\"}");
        }
        assertThat(house.json("PUT", "/Orders/", orders.toString()).status()).isEqualTo(204);
        Answer deleted = house.send("DELETE", "/Orders/?item=even", "");
        assertThat(deleted.status()).isEqualTo(200);
        assertThat(deleted.text()).isEqualTo("{\"deleted\":350}");
        assertThat(get("/Orders/?aggregate(count(),min(item))").text().strip())
                .isEqualTo("{\"count()\":350,\"min(item)\":\"odd\"}");
        assertThat(house.send("DELETE", "/Orders/?id=lt=100&sort(-id)&limit(2)", "")
                        .text())
                .isEqualTo("{\"deleted\":2}");
        assertThat(get("/Orders/?id=lt=100&sort(-id)&limit(1)&select(id)")
                        .text()
                        .strip())
                .isEqualTo("[95]");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
                    price=cheap          ~ 400 ~ at 6 in the query: expected a number, found \\"cheap\\"
                    price=gt=null        ~ 400 ~ null is neither less nor greater
                    a=1&b=2|c=3          ~ 400 ~ at 7 in the query: & and | in one group
                    near(price,[1,2])    ~ 400 ~ say how many with limit(n)
                    limit(9223372036854775808) ~ 400 ~ below 10^18
                    """)
    void what_cannot_be_asked_is_refused_with_the_reason(String query, int status, String detail) throws Exception {
        String answer = raw("GET", "/Products/?" + query);
        assertThat(answer).startsWith("HTTP/1.1 " + status).contains("application/problem+json", detail);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Terms;
import dev.tarn.engine.query.Limits;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries over relationships: what they answer is what looking at all rows of all tables in memory gives. */
class JoinTest {
    @TempDir
    private java.nio.file.Path directory;

    private static Attribute related(String name, String table, String from, String to, boolean list) {
        return new Attribute(name, Attribute.Type.OBJECT, list, false, false, false, false, List.of())
                .with(Traits.NONE.from(new Origin.Related("data." + table, from, to)));
    }

    private static Attribute plain(String name, Attribute.Type type, boolean list, boolean indexed) {
        return new Attribute(name, type, list, false, false, indexed, false, List.of());
    }

    /** Dogs have a breed, friends and a kennel by its code; breeds have dogs and a country. */
    private static List<Table> tables(Random random) {
        Table dog = new Table(
                Table.DATA,
                "Dog",
                "Dog",
                List.of(
                        Attribute.primaryKey("id", Attribute.Type.LONG),
                        plain("name", Attribute.Type.STRING, false, random.nextBoolean()),
                        plain("breedId", Attribute.Type.ID, false, true),
                        plain("friendIds", Attribute.Type.LONG, true, random.nextBoolean()),
                        plain("code", Attribute.Type.INT, false, random.nextBoolean()),
                        related("breed", "Breed", "breedId", null, false),
                        related("friends", "Dog", "friendIds", null, true),
                        related("kennels", "Kennel", "code", "code", true)),
                Table.Rules.DECLARED);
        Table breed = new Table(
                Table.DATA,
                "Breed",
                random.nextBoolean() ? "Breed" : null,
                List.of(
                        Attribute.primaryKey("id", Attribute.Type.ID),
                        plain("name", Attribute.Type.STRING, false, random.nextBoolean()),
                        plain("size", Attribute.Type.INT, false, random.nextBoolean()),
                        plain("countryId", Attribute.Type.ID, false, random.nextBoolean()),
                        related("dogs", "Dog", null, "breedId", true),
                        related("country", "Country", "countryId", null, false)),
                Table.Rules.DECLARED);
        Table kennel = new Table(
                Table.DATA,
                "Kennel",
                "Kennel",
                List.of(
                        Attribute.primaryKey("id", Attribute.Type.ID),
                        plain("code", Attribute.Type.INT, false, true),
                        plain("name", Attribute.Type.STRING, false, random.nextBoolean())),
                Table.Rules.DECLARED);
        Table country = new Table(
                Table.DATA,
                "Country",
                "Country",
                List.of(
                        Attribute.primaryKey("id", Attribute.Type.ID),
                        plain("name", Attribute.Type.STRING, false, random.nextBoolean())),
                Table.Rules.DECLARED);
        return List.of(dog, breed, kennel, country);
    }

    private static final List<String> NAMES = List.of("a", "b", "c", "d");

    private record Data(
            List<Map<String, Object>> dogs,
            List<Map<String, Object>> breeds,
            List<Map<String, Object>> kennels,
            List<Map<String, Object>> countries) {
        Stream<Map<String, Object>> related(Map<String, Object> dog, String by) {
            return switch (by) {
                case "" -> Stream.of(dog);
                case "breed" -> breeds.stream().filter(each -> each.get("id").equals(dog.get("breedId")));
                case "friends" ->
                    dogs.stream()
                            .filter(each ->
                                    dog.get("friendIds") instanceof List<?> ids && ids.contains(each.get("id")));
                case "kennels" ->
                    kennels.stream()
                            .filter(each ->
                                    each.get("code") != null && each.get("code").equals(dog.get("code")));
                case "breed.country" ->
                    related(dog, "breed")
                            .flatMap(each -> countries.stream()
                                    .filter(one -> one.get("id").equals(each.get("countryId"))));
                case "breed.dogs" ->
                    related(dog, "breed")
                            .flatMap(each ->
                                    dogs.stream().filter(one -> each.get("id").equals(one.get("breedId"))));
                default -> related(dog, "friends").flatMap(each -> related(each, "breed"));
            };
        }
    }

    private static final List<String> WAYS =
            List.of("", "breed", "friends", "kennels", "breed.country", "breed.dogs", "friends.breed");

    private record Part(String text, Predicate<Map<String, Object>> matches) {}

    private static Map<String, Object> row(Object... entries) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            if (entries[i + 1] != null) {
                row.put((String) entries[i], entries[i + 1]);
            }
        }
        return row;
    }

    private static <T> T maybe(Random random, T value) {
        return random.nextInt(6) == 0 ? null : value;
    }

    private static Data data(Random random) {
        List<Map<String, Object>> dogs = new ArrayList<>();
        int count = 20 + random.nextInt(100);
        for (long id = 1; id <= count; id++) {
            List<Object> friends = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                friends.add((long) random.nextInt(count + 10));
            }
            dogs.add(row(
                    "id", id,
                    "name", maybe(random, NAMES.get(random.nextInt(4))),
                    "breedId", maybe(random, "b" + random.nextInt(12)),
                    "friendIds", maybe(random, friends),
                    "code", maybe(random, (long) random.nextInt(8))));
        }
        List<Map<String, Object>> breeds = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            breeds.add(row(
                    "id", "b" + i,
                    "name", maybe(random, NAMES.get(random.nextInt(4))),
                    "size", maybe(random, (long) random.nextInt(5)),
                    "countryId", maybe(random, "c" + random.nextInt(4))));
        }
        List<Map<String, Object>> kennels = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            kennels.add(row(
                    "id", "k" + i,
                    "code", maybe(random, (long) random.nextInt(8)),
                    "name", maybe(random, NAMES.get(random.nextInt(4)))));
        }
        List<Map<String, Object>> countries = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            countries.add(row("id", "c" + i, "name", maybe(random, NAMES.get(random.nextInt(4)))));
        }
        return new Data(dogs, breeds, kennels, countries);
    }

    private static Part condition(Random random, Data data) {
        String way = WAYS.get(random.nextInt(WAYS.size()));
        String name = (way.isEmpty() ? "" : way + ".") + "name";
        String wanted = NAMES.get(random.nextInt(4));
        return switch (random.nextInt(5)) {
            case 0 -> new Part(name + "==" + wanted, some(data, way, each -> wanted.equals(each.get("name"))));
            case 1 -> new Part(name + "!=" + wanted, some(data, way, each -> !wanted.equals(each.get("name"))));
            case 2 -> new Part(name + "==null", some(data, way, each -> each.get("name") == null));
            case 3 ->
                new Part(
                        name + "=gt=" + wanted,
                        some(data, way, each -> each.get("name") instanceof String is && is.compareTo(wanted) > 0));
            default ->
                new Part(
                        name + "=in=(" + wanted + ",d)",
                        some(data, way, each -> wanted.equals(each.get("name")) || "d".equals(each.get("name"))));
        };
    }

    private static Predicate<Map<String, Object>> some(Data data, String way, Predicate<Map<String, Object>> test) {
        return dog -> data.related(dog, way).anyMatch(test);
    }

    private static Part conditions(Random random, Data data) {
        Part first = condition(random, data);
        if (random.nextInt(3) == 0) {
            return first;
        }
        Part second = condition(random, data);
        return random.nextBoolean()
                ? new Part(first.text() + "&" + second.text(), first.matches().and(second.matches()))
                : new Part(first.text() + "|" + second.text(), first.matches().or(second.matches()));
    }

    private static void fill(TestDoor door, String table, List<Map<String, Object>> rows) {
        List<Body> bodies = rows.stream().map(row -> door.bodies.of(row)).toList();
        TestDoor.done(door.engine.putAll(door.context, table, bodies, Terms.NONE));
    }

    private static List<Row> search(TestDoor door, String query) {
        return Rows.of(TestDoor.done(door.engine.search(door.context, new Search("Dog", "", query, false))));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void every_answer_is_that_of_a_naive_evaluation(long seed) {
        Random random = new Random(seed);
        try (TestDoor door = new TestDoor(directory)) {
            List<Table> tables = tables(random);
            // Filled while it is exported, since what is not cannot be written.
            Table breed = tables.get(1);
            Table reached = new Table(Table.DATA, "Breed", "Breed", breed.attributes(), breed.rules());
            door.deploy(tables.get(0), reached, tables.get(2), tables.get(3));
            Data data = data(random);
            fill(door, "Dog", data.dogs());
            fill(door, "Breed", data.breeds());
            fill(door, "Kennel", data.kennels());
            fill(door, "Country", data.countries());
            door.deploy(tables.toArray(Table[]::new));
            for (int i = 0; i < 150; i++) {
                check(door, data, conditions(random, data), random);
            }
        }
    }

    private static void check(TestDoor door, Data data, Part part, Random random) {
        List<Object> expected = data.dogs().stream()
                .filter(part.matches())
                .map(dog -> dog.get("id"))
                .toList();
        assertThat(ids(search(door, part.text()))).as(part.text()).containsExactlyInAnyOrderElementsOf(expected);
        boolean down = random.nextBoolean();
        int limit = 1 + random.nextInt(30);
        Comparator<Object> values = Comparator.comparing(Object::toString);
        Comparator<Map<String, Object>> order = Comparator.comparing(
                dog -> data.related(dog, "breed")
                        .map(each -> each.get("name"))
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null),
                Comparator.nullsLast(down ? values.reversed() : values));
        Comparator<Map<String, Object>> byId = Comparator.comparingLong(dog -> (Long) dog.get("id"));
        List<Object> sorted = data.dogs().stream()
                .filter(part.matches())
                .sorted(order.thenComparing(down ? byId.reversed() : byId))
                .limit(limit)
                .map(dog -> dog.get("id"))
                .toList();
        String text = part.text() + "&sort(" + (down ? "-" : "+") + "breed.name)&limit(" + limit
                + ")&select(id,breed{name,country{id}},friends{id},kennels.name)";
        List<Row> rows = search(door, text);
        assertThat(ids(rows)).as(text).isEqualTo(sorted);
        for (Row row : rows) {
            Map<?, ?> value = (Map<?, ?>) row.body().value();
            Map<String, Object> dog = data.dogs().stream()
                    .filter(each -> each.get("id").equals(value.get("id")))
                    .findFirst()
                    .orElseThrow();
            assertSelected(data, dog, value);
        }
    }

    private static void assertSelected(Data data, Map<String, Object> dog, Map<?, ?> value) {
        Map<String, Object> breed = data.related(dog, "breed").findFirst().orElse(null);
        if (breed == null) {
            assertThat(value.get("breed")).isNull();
        } else {
            Map<String, Object> expected = row("name", breed.get("name"));
            data.related(dog, "breed.country")
                    .findFirst()
                    .ifPresent(country -> expected.put("country", Map.of("id", country.get("id"))));
            assertThat(value.get("breed")).isEqualTo(expected);
        }
        List<Object> friends = new ArrayList<>();
        data.related(dog, "friends").forEach(friend -> friends.add(Map.of("id", friend.get("id"))));
        assertThat(elements(value.get("friends"))).containsExactlyInAnyOrderElementsOf(friends);
        List<Object> kennels = new ArrayList<>();
        data.related(dog, "kennels").forEach(kennel -> kennels.add(kennel.get("name")));
        assertThat(elements(value.get("kennels.name"))).containsExactlyInAnyOrderElementsOf(kennels);
    }

    private static List<Object> elements(Object list) {
        return new ArrayList<>((List<?>) list);
    }

    private static List<Object> ids(List<Row> rows) {
        return rows.stream()
                .map(row -> (Object) Long.valueOf(String.valueOf(row.path().rest())))
                .toList();
    }

    @Test
    void what_makes_no_sense_is_refused_and_what_may_not_be_read_is_not_joined() {
        Settings settings =
                TestDoor.settings(Clock.systemUTC(), new Limits(100, Duration.ofSeconds(60), 100_000, 150_000));
        try (TestDoor door = new TestDoor(
                directory,
                settings,
                (who, verb, table, path) -> who.administrator() || !table.name().equals("Kennel"))) {
            Random random = new Random(1);
            List<Table> tables = tables(random);
            door.deploy(tables.toArray(Table[]::new));
            fill(door, "Dog", data(random).dogs());

            assertThatThrownBy(() -> search(door, "breed==1")).hasMessageContaining("stands for rows of Breed");
            assertThatThrownBy(() -> search(door, "sort(friends.name)")).hasMessageContaining("no order of rows");
            assertThatThrownBy(() -> search(door, "breed.dogs.breed.dogs.breed.dogs.breed.dogs.breed.dogs.name=a"))
                    .hasMessageContaining("more than 8 tables");
            assertThatThrownBy(() -> search(door, "breed.country.name=lt=null"))
                    .hasMessageContaining("null is neither");
            assertThatThrownBy(() -> search(door, "friends.friends.friends.name=ct=zz"))
                    .isInstanceOfSatisfying(
                            Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.MALFORMED))
                    .hasMessageContaining("looked at 100 rows");
            assertThatThrownBy(() -> TestDoor.done(
                            door.engine.search(door.guest(), new Search("Dog", "", "kennels.name=a", false))))
                    .isInstanceOfSatisfying(
                            Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.FORBIDDEN));
            assertThatThrownBy(() -> door.put("Dog/1", "{\"breed\":{\"id\":\"b1\"}}"))
                    .hasMessageContaining("breed: stands for rows of another table; set breedId");
        }
    }

    @Test
    void the_rows_of_a_condition_are_found_by_the_index_of_the_other_table() {
        try (TestDoor door = new TestDoor(directory)) {
            Table breed = new Table(
                    Table.DATA,
                    "Breed",
                    "Breed",
                    List.of(
                            Attribute.primaryKey("id", Attribute.Type.ID),
                            plain("name", Attribute.Type.STRING, false, true)),
                    Table.Rules.DECLARED);
            Table dog = new Table(
                    Table.DATA,
                    "Dog",
                    "Dog",
                    List.of(
                            Attribute.primaryKey("id", Attribute.Type.LONG),
                            plain("breedId", Attribute.Type.ID, false, true),
                            related("breed", "Breed", "breedId", null, false)),
                    Table.Rules.DECLARED);
            door.deploy(dog, breed);
            Data data = data(new Random(3));
            fill(door, "Dog", data.dogs());
            fill(door, "Breed", data.breeds());

            Row explained = search(door, "breed.name==a&explain()").get(0);
            assertThat(explained.body().value())
                    .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
                    .containsEntry("access", "index breedId")
                    .containsEntry("scan", false);
        }
    }

    @Test
    void the_nearest_vectors_come_first() {
        try (TestDoor door = new TestDoor(directory)) {
            door.deploy(new Table(
                    Table.DATA,
                    "Dog",
                    "Dog",
                    List.of(
                            Attribute.primaryKey("id", Attribute.Type.LONG),
                            plain("at", Attribute.Type.FLOAT, true, false),
                            plain("name", Attribute.Type.STRING, false, false)),
                    Table.Rules.DECLARED));
            Random random = new Random(5);
            List<Map<String, Object>> rows = new ArrayList<>();
            for (long id = 1; id <= 200; id++) {
                List<Object> vector = id % 17 == 0
                        ? List.of(1.0)
                        : List.of(random.nextDouble(), random.nextDouble() - 0.5, random.nextDouble());
                rows.add(row("id", id, "name", NAMES.get((int) id % 4), "at", id % 23 == 0 ? null : vector));
            }
            fill(door, "Dog", rows);
            double[] to = {0.5, 0.25, 1};

            for (boolean euclidean : new boolean[] {true, false}) {
                List<Object> expected = rows.stream()
                        .filter(each -> each.get("at") instanceof List<?> list
                                && list.size() == 3
                                && each.get("name").equals("a"))
                        .sorted(Comparator.comparingDouble(each -> distance((List<?>) each.get("at"), to, euclidean)))
                        .limit(7)
                        .map(each -> each.get("id"))
                        .toList();
                String text = "name=a&near(at,[0.5,0.25,1]" + (euclidean ? ",euclidean" : "")
                        + ")&limit(7)&select(id,$distance)";
                List<Row> found = search(door, text);
                assertThat(ids(found)).isEqualTo(expected);
                assertThat(((Map<?, ?>) found.get(0).body().value()).get("$distance"))
                        .isInstanceOf(Double.class);
            }
            assertThatThrownBy(() -> search(door, "near(at,[1,2,3])")).hasMessageContaining("limit(n), at most 1000");
            assertThatThrownBy(() -> search(door, "near(at,[1,x])&limit(1)")).hasMessageContaining("takes numbers");
            assertThatThrownBy(() -> search(door, "near(at)&limit(1)")).hasMessageContaining("near(attribute,[1,2,…])");
        }
    }

    private static double distance(List<?> at, double[] to, boolean euclidean) {
        double square = 0;
        double dot = 0;
        double a = 0;
        double b = 0;
        for (int i = 0; i < to.length; i++) {
            double x = ((Number) at.get(i)).doubleValue();
            square += (x - to[i]) * (x - to[i]);
            dot += x * to[i];
            a += x * x;
            b += to[i] * to[i];
        }
        return euclidean ? Math.sqrt(square) : 1 - dot / Math.sqrt(a * b);
    }
}

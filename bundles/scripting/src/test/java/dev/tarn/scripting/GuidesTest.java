// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Harper's guides for the Resource API do, each in code of our own. */
class GuidesTest {

    private static final String RESOURCES = """
            import { tables, databases, Resource, RequestTarget, logger, transaction, getContext, getUser } from 'harperdb';
            import { years } from './lib/years.js';

            const { Dog, Breed, Product } = tables;

            export class DogInYears extends Dog {
              static loadAsInstance = false;
              async get(target) {
                const row = await super.get(target);
                return { ...row, human: years(row.age) };
              }
            }

            export class DogWithBreed extends Dog {
              static loadAsInstance = false;
              async get(target) {
                const row = await super.get(target);
                return { ...row, about: await Breed.get(row.breed) };
              }
            }

            export class Tricks extends Dog {
              static loadAsInstance = false;
              async post(target, data) {
                const row = this.update(target);
                if (row.owner !== this.getContext().user?.username && data.strict) {
                  throw new Error('only the owner teaches tricks');
                }
                row.tricks.push(data.trick);
              }
            }

            // The older style: bound to a row, with the data first.
            export class OldDog extends Dog {
              get(query) {
                this.told = 'old ' + this.name;
                return super.get(query);
              }
              post(data) {
                this.age = this.age + data.years;
                this.tricks.push(data.trick);
              }
              put(data, query) {
                return super.put({ ...data, id: this.getId(), by: 'old' });
              }
            }

            // Static methods, as in version 5.
            export class StaticProduct extends Product {
              static async get(target) {
                const row = await super.get(target);
                return target.isCollection ? row : { ...row, seen: true };
              }
              static async put(target, data) {
                return super.put(target, { ...(await data), status: data.status ?? 'active' });
              }
              static async post(target, promised) {
                const data = await promised;
                const row = await this.update(target);
                row.set('status', data.status);
                row.subtractFrom('stock', 2);
                row.save();
                return { status: 202, headers: { 'X-Told': 'yes' }, data: { stock: row.stock } };
              }
            }

            export class Cheap extends Resource {
              static loadAsInstance = false;
              async get(target) {
                const found = [];
                const query = {
                  conditions: [
                    { attribute: 'price', comparator: 'less_than', value: Number(target.get('below')) },
                    {
                      operator: 'or',
                      conditions: [
                        { attribute: 'name', comparator: 'starts_with', value: 'b' },
                        { attribute: 'featured', value: true },
                      ],
                    },
                  ],
                  sort: { attribute: 'price', descending: true },
                  select: ['id', 'price'],
                  limit: 2,
                };
                for await (const row of Product.search(query)) {
                  found.push(row);
                }
                return found;
              }
            }

            export class Life extends Resource {
              static loadAsInstance = false;
              async get() {
                const made = await Product.create({ name: 'shirt', price: 10 });
                await Product.patch(made.id, { price: Math.round(made.price * 0.8 * 100) / 100 });
                const row = await Product.get(made.id);
                const part = await Product.get({ id: made.id, select: ['price'] });
                let frozen = false;
                try {
                  row.price = 1;
                } catch (error) {
                  frozen = error instanceof TypeError;
                }
                await Product.delete(made.id);
                return {
                  price: row.price,
                  part: Object.keys(part).join(),
                  frozen,
                  updated: row.getUpdatedTime() > 0,
                  gone: (await Product.get(made.id)) === undefined,
                  same: databases.data.Product === tables.Product,
                  key: Product.primaryKey,
                };
              }
            }

            export class Told extends Resource {
              static loadAsInstance = false;
              get(target) {
                return {
                  id: target.id,
                  one: target.get('one'),
                  path: target.pathname,
                  search: target.search,
                  whole: `${target}`,
                  pairs: [...target],
                  user: getUser().username,
                  method: getContext().method,
                  host: typeof getContext().headers.get('host'),
                };
              }
              post(target, data) {
                switch (data.want) {
                  case 'redirect': return { status: 302, headers: { Location: '/elsewhere' } };
                  case 'text': return { status: 200, headers: { 'Content-Type': 'text/css' }, body: 'a{}' };
                  case 'response': return new Response('hello', { status: 203 });
                  case 'forbidden': throw Object.assign(new Error('not for you'), { statusCode: 403 });
                  case 'broken': return missing.thing;
                  case 'undone':
                    Product.put({ id: 'undone', name: 'x' });
                    throw Object.assign(new Error('no'), { statusCode: 409 });
                  default: return undefined;
                }
              }
            }

            export class Later extends Resource {
              static loadAsInstance = false;
              async get(target) {
                await new Promise((resolve) => setTimeout(resolve, 5));
                await Product.put({ id: 'later', name: 'after a timer' });
                return { name: (await Product.get('later')).name, user: getUser().username };
              }
              async post(target, data) {
                return transaction(async () => {
                  await Product.put({ id: 't1', name: data.name });
                  await Product.put({ id: 't2', name: data.name });
                  return 'both';
                });
              }
            }

            export class Numbers extends Resource {
              async *get() {
                yield { n: 1 };
                await new Promise((resolve) => setTimeout(resolve, 5));
                yield { n: 2 };
                for await (const row of Product.search({ conditions: [{ attribute: 'id', value: 'p1' }] })) {
                  yield { n: row.name };
                }
              }
            }

            export class Guarded extends tables.Product {
              static loadAsInstance = false;
              allowRead(user) {
                return user.username === 'nobody';
              }
            }

            setTimeout(async () => {
              for await (const event of await Product.subscribe({ id: 'watched', omitCurrent: true })) {
                await Product.put({ id: 'seen', name: event.type + ' ' + event.value.name });
              }
            }, 1);

            export default class Alone extends Resource {
              get() {
                return { here: true };
              }
            }
            """;

    @TempDir
    static Path directory;

    private static House house;

    @BeforeAll
    static void deploy() throws IOException {
        house = new House(directory)
                .tables(
                        House.table(
                                "Dog",
                                "Dog",
                                Attribute.of("name", Attribute.Type.STRING),
                                Attribute.of("age", Attribute.Type.INT),
                                Attribute.of("breed", Attribute.Type.STRING),
                                Attribute.of("owner", Attribute.Type.STRING),
                                Attribute.of("tricks", Attribute.Type.ANY)),
                        House.table("Breed", null, Attribute.of("about", Attribute.Type.STRING)),
                        House.table(
                                "Product",
                                "Product",
                                Attribute.of("name", Attribute.Type.STRING).withIndex(),
                                Attribute.of("price", Attribute.Type.FLOAT).withIndex(),
                                Attribute.of("featured", Attribute.Type.BOOLEAN),
                                Attribute.of("stock", Attribute.Type.INT),
                                Attribute.of("status", Attribute.Type.STRING)))
                .deploy(
                        Map.of(
                                "resources.js",
                                RESOURCES,
                                "lib/years.js",
                                "export function years(age) { return age === 1 ? 15 : 24 + 5 * (age - 2); }"),
                        Map.of("jsResource", Map.of("files", "resources.js")));
    }

    @AfterAll
    static void close() {
        house.close();
    }

    @BeforeEach
    void rows() {
        house.node().put("Dog/1", "{\"name\":\"Rex\",\"age\":5,\"breed\":\"lab\",\"tricks\":[\"sit\"]}");
        house.node().put("Product/p1", "{\"name\":\"bolt\",\"price\":1.5,\"stock\":10}");
        house.node().put("Product/p2", "{\"name\":\"cart\",\"price\":3.5,\"featured\":true}");
        house.node().put("Product/p3", "{\"name\":\"bell\",\"price\":40}");
    }

    private static Object read(House.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return house.node().value(answer.body());
    }

    @Test
    void a_class_adds_to_the_row_of_the_table_that_it_extends() throws Exception {
        assertThat(house.get("/DogInYears/1").body()).contains("\"human\":39").contains("\"name\":\"Rex\"");
    }

    @Test
    void a_class_reads_another_table_that_nobody_else_reaches() throws Exception {
        house.http("PUT", "/Dog/2", "{\"name\":\"Bo\",\"breed\":\"none\"}");
        assertThat(house.get("/DogWithBreed/2").body()).contains("\"Bo\"").doesNotContain("about");
    }

    @Test
    void a_row_that_is_updated_is_written_when_the_request_is_done() throws Exception {
        assertThat(house.http("POST", "/Tricks/1", "{\"trick\":\"roll\"}").status())
                .isLessThan(300);
        assertThat(house.node().text("Dog/1")).contains("[\"sit\",\"roll\"]");
        assertThat(house.http("POST", "/Tricks/1", "{\"trick\":\"jump\",\"strict\":true}")
                        .status())
                .isGreaterThanOrEqualTo(500);
        assertThat(house.node().text("Dog/1")).doesNotContain("jump");
    }

    @Test
    void the_older_style_has_the_row_as_this() throws Exception {
        assertThat(house.get("/OldDog/1").body())
                .contains("\"told\":\"old Rex\"")
                .contains("\"age\":5");
        assertThat(house.http("POST", "/OldDog/1", "{\"years\":2,\"trick\":\"beg\"}")
                        .status())
                .isLessThan(300);
        assertThat(house.node().text("Dog/1")).contains("\"age\":7").contains("[\"sit\",\"beg\"]");
        assertThat(house.http("PUT", "/OldDog/1", "{\"name\":\"Max\"}").status())
                .isLessThan(300);
        assertThat(house.node().text("Dog/1"))
                .contains("\"Max\"")
                .contains("\"by\":\"old\"")
                .doesNotContain("age");
    }

    @Test
    void static_methods_are_overridden_as_in_version_5() throws Exception {
        assertThat(house.get("/StaticProduct/p1").body()).contains("\"seen\":true");
        assertThat(house.get("/StaticProduct/?price=gt=20").body())
                .contains("bell")
                .doesNotContain("bolt");
        assertThat(house.http("PUT", "/StaticProduct/p9", "{\"name\":\"new\"}").status())
                .isLessThan(300);
        assertThat(house.node().text("Product/p9")).contains("\"status\":\"active\"");
        House.Answer posted = house.http("POST", "/StaticProduct/p1", "{\"status\":\"low\"}");
        assertThat(posted.status()).as(posted.body()).isEqualTo(202);
        assertThat(posted.body()).contains("\"stock\":8");
        assertThat(house.node().text("Product/p1")).contains("\"stock\":8").contains("\"low\"");
    }

    @Test
    void a_query_has_conditions_groups_order_and_parts() throws Exception {
        assertThat(read(house.get("/Cheap/?below=30")))
                .isEqualTo(house.node().value("[{\"id\":\"p2\",\"price\":3.5},{\"id\":\"p1\",\"price\":1.5}]"));
    }

    @Test
    void a_row_is_created_patched_read_and_removed() throws Exception {
        assertThat(house.get("/Life/x").body())
                .contains("\"price\":8")
                .contains("\"part\":\"price\"")
                .contains("\"frozen\":true")
                .contains("\"updated\":true")
                .contains("\"gone\":true")
                .contains("\"same\":true")
                .contains("\"key\":\"id\"");
    }

    @Test
    void a_target_tells_what_was_asked_for() throws Exception {
        assertThat(house.get("/Told/some-id?one=value&two=2").body())
                .contains("\"id\":\"some-id\"")
                .contains("\"one\":\"value\"")
                .contains("\"path\":\"/some-id\"")
                .contains("\"search\":\"?one=value&two=2\"")
                .contains("\"whole\":\"some-id?one=value&two=2\"")
                .contains("[\"two\",\"2\"]")
                .contains("\"host\":\"string\"");
    }

    @Test
    void an_answer_has_status_and_headers_or_is_bytes() throws Exception {
        assertThat(house.http("POST", "/Told/1", "{\"want\":\"redirect\"}").status())
                .isIn(302, 404);
        assertThat(house.http("POST", "/Told/1", "{\"want\":\"text\"}").body()).isEqualTo("a{}");
        House.Answer response = house.http("POST", "/Told/1", "{\"want\":\"response\"}");
        assertThat(response.status()).isEqualTo(203);
        assertThat(response.body()).isEqualTo("hello");
    }

    @Test
    void what_is_thrown_has_its_status_and_undoes_everything() throws Exception {
        House.Answer forbidden = house.http("POST", "/Told/1", "{\"want\":\"forbidden\"}");
        assertThat(forbidden.status()).isEqualTo(403);
        assertThat(forbidden.body()).contains("not for you");
        assertThat(house.http("POST", "/Told/1", "{\"want\":\"broken\"}").status())
                .isEqualTo(500);
        assertThat(house.http("POST", "/Told/1", "{\"want\":\"undone\"}").status())
                .isEqualTo(409);
        assertThat(house.node().text("Product/undone")).isEqualTo("absent");
    }

    @Test
    void what_waits_goes_on_in_its_own_transaction() throws Exception {
        assertThat(house.get("/Later/1").body()).contains("after a timer");
        assertThat(house.http("POST", "/Later/1", "{\"name\":\"pair\"}").body()).contains("both");
        assertThat(house.node().text("Product/t1")).contains("pair");
        assertThat(house.node().text("Product/t2")).contains("pair");
    }

    @Test
    void a_generator_is_answered_value_by_value() throws Exception {
        assertThat(read(house.get("/Numbers/1")))
                .isEqualTo(house.node().value("[{\"n\":1},{\"n\":2},{\"n\":\"bolt\"}]"));
    }

    @Test
    void what_is_subscribed_to_comes_as_events() {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        // Again and again, since nobody knows when the subscription has begun.
        while (house.node().text("Product/seen").equals("absent") && System.nanoTime() < until) {
            house.node().put("Product/watched", "{\"name\":\"it\"}");
        }
        assertThat(house.node().text("Product/seen")).contains("\"put it\"");
    }

    @Test
    void allow_read_can_refuse() throws Exception {
        assertThat(house.get("/Guarded/p1").status()).isEqualTo(403);
    }

    @Test
    void a_default_export_answers_at_the_name_of_its_class() throws Exception {
        assertThat(house.get("/Alone/1").body()).contains("\"here\":true");
    }
}

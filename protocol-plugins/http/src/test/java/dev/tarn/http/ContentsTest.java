// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Table;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is too long to be held, and Blobs. */
class ContentsTest {

    private static final int LENGTH = 3_000_001;
    private static final String VIDEO = "Content-Type: video/mp4";

    private static final Table PEOPLE = new Table(
            "data",
            "People",
            "People",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("name", Attribute.Type.STRING),
                    Attribute.of("photo", Attribute.Type.BLOB),
                    Attribute.of("voice", Attribute.Type.BLOB)),
            Table.Rules.DECLARED);

    private static final Table ALBUM = new Table(
            "data",
            "Album",
            "Album",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.LONG),
                    Attribute.of("contentType", Attribute.Type.STRING),
                    Attribute.of("data", Attribute.Type.BLOB)),
            Table.Rules.DECLARED);

    @TempDir
    Path directory;

    private House house;

    @BeforeEach
    void open() {
        house = new House(directory);
        house.node.deploy(House.FILES, PEOPLE, ALBUM);
    }

    @AfterEach
    void close() {
        house.close();
    }

    private static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void what_is_too_long_to_be_held_comes_back_as_it_was_sent() throws Exception {
        byte[] bytes = bytes(1, LENGTH);
        House.Answer created = house.send("PUT", "/Files/big", bytes, VIDEO);
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.header("Location")).isEqualTo("/Files/big");
        House.Answer found = house.get("/Files/big");
        assertThat(found.status()).isEqualTo(200);
        assertThat(found.bytes()).isEqualTo(bytes);
        assertThat(found.header("Content-Type")).isEqualTo("video/mp4");
        assertThat(found.header("Content-Length")).isEqualTo(Integer.toString(LENGTH));
        assertThat(found.header("ETag")).isEqualTo(created.header("ETag"));
        assertThat(found.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(house.send("PUT", "/Files/big", bytes(2, LENGTH), VIDEO).status())
                .isEqualTo(204);
        assertThat(house.get("/Files/big").bytes()).isEqualTo(bytes(2, LENGTH));
        assertThat(house.send("DELETE", "/Files/big", "").status()).isEqualTo(204);
        assertThat(house.get("/Files/big").status()).isEqualTo(404);
    }

    @Test
    void parts_of_it_and_conditions() throws Exception {
        byte[] bytes = bytes(1, LENGTH);
        String tag = house.send("PUT", "/big", bytes, VIDEO).header("ETag");
        House.Answer part = house.get("/big", "Range: bytes=65530-1000000");
        assertThat(part.status()).isEqualTo(206);
        assertThat(part.header("Content-Range")).isEqualTo("bytes 65530-1000000/" + LENGTH);
        assertThat(part.bytes()).isEqualTo(Arrays.copyOfRange(bytes, 65_530, 1_000_001));
        assertThat(house.get("/big", "Range: bytes=-5").bytes())
                .isEqualTo(Arrays.copyOfRange(bytes, LENGTH - 5, LENGTH));
        assertThat(house.get("/big", "Range: bytes=" + LENGTH + "-").status()).isEqualTo(416);
        assertThat(house.get("/big", "Range: bytes=0-1", "If-Range: \"other\"").status())
                .isEqualTo(200);
        assertThat(house.get("/big", "If-None-Match: " + tag).status()).isEqualTo(304);
        assertThat(house.get("/big", "If-Match: \"0-o\"").status()).isEqualTo(412);
        House.Answer head = house.send("HEAD", "/big", "");
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("Content-Length")).isEqualTo(Integer.toString(LENGTH));
        assertThat(house.send("PUT", "/big", bytes, VIDEO, "If-None-Match: *").status())
                .isEqualTo(412);
        assertThat(house.send("PUT", "/big", bytes(2, LENGTH), VIDEO, "If-Match: " + tag)
                        .status())
                .isEqualTo(204);
        assertThat(house.send("PUT", "/big", bytes, VIDEO, "If-Match: " + tag).status())
                .isEqualTo(412);
        assertThat(house.get("/big").bytes()).isEqualTo(bytes(2, LENGTH));
        assertThat(house.send("PUT", "/big", bytes, VIDEO, "Content-Range: bytes 0-1/5")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void what_it_is_can_be_read_too() throws Exception {
        house.send("PUT", "/Files/big", bytes(1, LENGTH), VIDEO);
        String reference = "{\"contentType\":\"video/mp4\",\"length\":3000001}";
        House.Answer answer = house.get("/Files/big", "Accept: " + Content.REFERENCE);
        assertThat(answer.text()).isEqualTo(reference);
        assertThat(answer.header("Content-Type")).isEqualTo(Content.REFERENCE);
        assertThat(house.get("/Files/big.json").text()).isEqualTo(reference);
        assertThat(house.get("/Files/big", "Accept: application/json").status()).isEqualTo(406);
        assertThat(house.get("/Files/", "Accept: application/x-ndjson").text())
                .isEqualTo("{\"id\":\"big\",\"contentType\":\"video/mp4\",\"length\":3000001}\n");
        assertThat(house.json("PATCH", "/Files/big", "{\"length\":1}").status()).isEqualTo(501);
    }

    @Test
    void a_blob_is_beside_its_row() throws Exception {
        byte[] photo = bytes(1, LENGTH);
        assertThat(house.send("PUT", "/People/1.photo", photo, "Content-Type: image/png")
                        .status())
                .isEqualTo(404);
        house.json("PUT", "/People/1", "{\"name\":\"Ada\"}");
        assertThat(house.send("PUT", "/People/1.photo", photo, "Content-Type: image/png")
                        .status())
                .isEqualTo(204);
        String row = "{\"id\":\"1\",\"name\":\"Ada\",\"photo\":{\"contentType\":\"image/png\",\"length\":3000001}}";
        assertThat(house.get("/People/1").text()).isEqualTo(row);
        House.Answer found = house.get("/People/1.photo");
        assertThat(found.bytes()).isEqualTo(photo);
        assertThat(found.header("Content-Type")).isEqualTo("image/png");
        assertThat(house.get("/People/1.photo", "Range: bytes=70000-70009").bytes())
                .isEqualTo(Arrays.copyOfRange(photo, 70_000, 70_010));
        // A short one likewise, and what else the row has stays.
        assertThat(house.send("PUT", "/People/1.voice", "la la", "Content-Type: audio/ogg")
                        .status())
                .isEqualTo(204);
        assertThat(house.get("/People/1.voice").text()).isEqualTo("la la");
        assertThat(house.json("PATCH", "/People/1", "{\"name\":\"Grace\",\"voice\":null}")
                        .status())
                .isEqualTo(204);
        assertThat(house.get("/People/1.voice").status()).isEqualTo(404);
        assertThat(house.get("/People/1.photo").bytes()).isEqualTo(photo);
        // The row as it was read can be put again; a reference to something else cannot.
        String read = house.get("/People/1").text();
        assertThat(house.json("PUT", "/People/1", read).status()).isEqualTo(204);
        assertThat(house.get("/People/1.photo").bytes()).isEqualTo(photo);
        assertThat(house.json("PUT", "/People/1", row.replace("3000001", "3")).status())
                .isEqualTo(422);
        assertThat(house.json("PUT", "/People/2", row).status()).isEqualTo(422);
        // Bytes inside an object are taken out of it.
        assertThat(house.json("PUT", "/People/3", "{\"photo\":\"AAEC\"}").status())
                .isEqualTo(201);
        assertThat(house.get("/People/3.photo").bytes()).containsExactly(0, 1, 2);
        assertThat(house.get("/People/3").text())
                .isEqualTo("{\"id\":\"3\",\"photo\":{\"contentType\":\"application/octet-stream\",\"length\":3}}");
    }

    @Test
    void a_table_may_have_a_blob_for_bodies_that_are_no_objects() throws Exception {
        byte[] picture = bytes(1, LENGTH);
        assertThat(house.send("PUT", "/Album/7", picture, "Content-Type: image/png")
                        .status())
                .isEqualTo(201);
        assertThat(house.send("PUT", "/Album/8", "short", "Content-Type: text/plain")
                        .status())
                .isEqualTo(201);
        assertThat(house.get("/Album/7").bytes()).isEqualTo(picture);
        assertThat(house.get("/Album/7").header("Content-Type")).isEqualTo("image/png");
        assertThat(house.get("/Album/8").text()).isEqualTo("short");
        assertThat(house.send("PUT", "/Album/7.data", "new", "Content-Type: image/gif")
                        .status())
                .isEqualTo(204);
        assertThat(house.get("/Album/7.data").text()).isEqualTo("new");
    }

    @Test
    void a_row_is_made_of_a_body_that_is_no_object_where_a_blob_takes_such() throws Exception {
        for (byte[] picture : List.of(bytes(1, LENGTH), bytes(2, 100))) {
            House.Answer created = house.send("POST", "/Album/", picture, "Content-Type: image/png");
            assertThat(created.status()).isEqualTo(201);
            House.Answer found = house.get(created.header("Location"));
            assertThat(found.bytes()).isEqualTo(picture);
            assertThat(found.header("Content-Type")).isEqualTo("image/png");
            assertThat(found.header("ETag")).isNotNull();
        }
        assertThat(house.send("POST", "/People/", bytes(1, LENGTH), "Content-Type: image/png")
                        .status())
                .isEqualTo(415);
        assertThat(house.json("POST", "/Album/", "{\"contentType\":\"text/plain\",\"data\":\"AAEC\"}")
                        .status())
                .isEqualTo(201);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import dev.tarn.api.codec.Bodies;
import dev.tarn.codec.CodecBodies;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A body that came in one format is asked for in another. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TranscodingBenchmark {
    private static final String ONE = """
            {"id":"101","name":"boiler room","temp":72.5,"humidity":41,"ok":true,"at":"2026-11-21T09:00:00Z",\
            "tags":["north","cellar"],"place":{"lat":47.37,"lon":8.54},"count":9007199254740993,"note":null}""";

    private final Bodies bodies = CodecBodies.standard();

    /** Objects in the body: one alone, or an array of that many. */
    @Param({"1", "100"})
    public int rows;

    private byte[] json = {};
    private byte[] cbor = {};
    private byte[] messagePack = {};

    @Setup
    public void prepare() {
        String text = rows == 1 ? ONE : "[" + (ONE + ",").repeat(rows - 1) + ONE + "]";
        json = text.getBytes(StandardCharsets.UTF_8);
        cbor = transcoded(Bodies.JSON, json, Bodies.CBOR);
        messagePack = transcoded(Bodies.JSON, json, Bodies.MSGPACK);
    }

    private byte[] transcoded(String from, byte[] bytes, String to) {
        return bodies.structured(from, bytes).as(to).bytes();
    }

    @Benchmark
    public byte[] jsonToCbor() {
        return transcoded(Bodies.JSON, json, Bodies.CBOR);
    }

    @Benchmark
    public byte[] cborToJson() {
        return transcoded(Bodies.CBOR, cbor, Bodies.JSON);
    }

    @Benchmark
    public byte[] cborToMessagePack() {
        return transcoded(Bodies.CBOR, cbor, Bodies.MSGPACK);
    }

    @Benchmark
    public byte[] messagePackToJson() {
        return transcoded(Bodies.MSGPACK, messagePack, Bodies.JSON);
    }
}

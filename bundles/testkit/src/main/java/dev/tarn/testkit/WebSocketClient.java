// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A WebSocket over java.net.http whose messages are queued without a bound. For one thread. */
public final class WebSocketClient implements AutoCloseable {

    /** How a connection was closed; code 1006 when there was no close frame. */
    public record Close(int code, String reason) {}

    private final WebSocket socket;
    private final BlockingQueue<Object> messages = new LinkedBlockingQueue<>();
    private final CompletableFuture<Close> closed = new CompletableFuture<>();

    /**
     * Opens a WebSocket.
     *
     * @param subprotocol what to ask for, or null
     * @param headers names and values in turn
     * @throws IOException when the server refuses the upgrade
     */
    public WebSocketClient(URI uri, @Nullable String subprotocol, String... headers)
            throws IOException, InterruptedException {
        WebSocket.Builder builder =
                HttpClient.newHttpClient().newWebSocketBuilder().connectTimeout(Duration.ofSeconds(60));
        if (subprotocol != null) {
            builder.subprotocols(subprotocol);
        }
        for (int i = 0; i + 1 < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        socket = await(builder.buildAsync(uri, new Frames()));
    }

    /** What the server chose; empty for none. */
    public String subprotocol() {
        return socket.getSubprotocol();
    }

    public WebSocketClient send(String text) throws IOException, InterruptedException {
        await(socket.sendText(text, true));
        return this;
    }

    public WebSocketClient send(byte[] bytes) throws IOException, InterruptedException {
        await(socket.sendBinary(ByteBuffer.wrap(bytes), true));
        return this;
    }

    /** The next message, which must be text. */
    public String nextText() throws InterruptedException {
        Object message = next();
        if (message instanceof String text) {
            return text;
        }
        throw new AssertionError("a binary message came");
    }

    /** The next message, which must be binary. */
    public byte[] nextBytes() throws InterruptedException {
        Object message = next();
        if (message instanceof byte[] bytes) {
            return bytes;
        }
        throw new AssertionError("a text message came: " + message);
    }

    private Object next() throws InterruptedException {
        Object message = messages.poll(60, TimeUnit.SECONDS);
        if (message == null) {
            throw new AssertionError("no message came within 60 seconds");
        } else if (message instanceof Close) {
            messages.add(message);
            throw new AssertionError("closed instead of a message: " + message);
        }
        return message;
    }

    /** Fails if a message comes within this time. */
    public WebSocketClient expectSilence(Duration time) throws InterruptedException {
        Object message = messages.poll(time.toMillis(), TimeUnit.MILLISECONDS);
        if (message instanceof Close) {
            messages.add(message);
        } else if (message != null) {
            throw new AssertionError(
                    "unexpected " + (message instanceof byte[] bytes ? RawClient.hex(bytes) : message));
        }
        return this;
    }

    /** Waits for the server to close. */
    public Close awaitClose() throws IOException, InterruptedException {
        return await(closed);
    }

    /** Sends a close frame. */
    public void close(int code, String reason) throws IOException, InterruptedException {
        await(socket.sendClose(code, reason));
    }

    /** Breaks the connection off without a close frame. */
    @Override
    public void close() {
        socket.abort();
    }

    private static <T> T await(CompletionStage<T> stage) throws IOException, InterruptedException {
        try {
            return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw new IOException("nothing within 60 seconds", late);
        } catch (ExecutionException failed) {
            throw new IOException(failed.getCause());
        }
    }

    /** Puts messages together; runs on the client's threads, one call at a time. */
    private final class Frames implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                messages.add(text.toString());
                text.setLength(0);
            }
            webSocket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
            byte[] part = new byte[data.remaining()];
            data.get(part);
            bytes.writeBytes(part);
            if (last) {
                messages.add(bytes.toByteArray());
                bytes.reset();
            }
            webSocket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
            closed(new Close(code, reason));
            return null;
        }

        @Override
        public void onError(WebSocket webSocket, Throwable error) {
            closed(new Close(1006, String.valueOf(error)));
        }

        /** Behind the messages that came before. */
        private void closed(Close close) {
            closed.complete(close);
            messages.add(close);
        }
    }
}

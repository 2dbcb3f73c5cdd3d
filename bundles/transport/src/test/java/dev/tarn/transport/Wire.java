// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A client that sends bytes as it is told and reads answers as RFC 9112 says; for one thread. */
final class Wire implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    record Answer(int status, Map<String, String> headers, String body) {
        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }
    }

    Wire(InetSocketAddress address) throws IOException {
        this(new Socket(address.getAddress(), address.getPort()));
    }

    /** Over a socket that is connected, such as one of TLS. */
    Wire(Socket connected) throws IOException {
        socket = connected;
        socket.setSoTimeout(5_000);
        socket.setTcpNoDelay(true);
        in = socket.getInputStream();
    }

    Wire send(String latin1) throws IOException {
        return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    Wire send(byte[] bytes) throws IOException {
        try {
            socket.getOutputStream().write(bytes);
        } catch (SocketException cut) {
            // The server may answer and close before it has read all; the answer is what counts.
            assert cut.getMessage() != null;
        }
        return this;
    }

    Wire get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: " + host() + "\r\n\r\n");
    }

    String host() {
        return "localhost:" + socket.getPort();
    }

    Answer answer() throws IOException {
        return answer(false);
    }

    Answer answer(boolean toHead) throws IOException {
        String[] line = line().split(" ", 3);
        if (line.length < 2) {
            throw new IOException("no status line but: " + String.join(" ", line));
        }
        int status = Integer.parseInt(line[1]);
        Map<String, String> headers = new LinkedHashMap<>();
        for (String header = line(); !header.isEmpty(); header = line()) {
            int colon = header.indexOf(':');
            headers.merge(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip(),
                    (a, b) -> a + ", " + b);
        }
        boolean empty = toHead || status < 200 || status == 204 || status == 304;
        String body = empty ? "" : body(headers);
        return new Answer(status, headers, body);
    }

    private String body(Map<String, String> headers) throws IOException {
        if ("chunked".equals(headers.get("transfer-encoding"))) {
            StringBuilder all = new StringBuilder();
            while (true) {
                int size = Integer.parseInt(line(), 16);
                String chunk = exactly(size);
                line();
                if (size == 0) {
                    return all.toString();
                }
                all.append(chunk);
            }
        } else if (headers.containsKey("content-length")) {
            return exactly(Integer.parseInt(headers.get("content-length")));
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    String exactly(int size) throws IOException {
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new IOException("cut after " + bytes.length + " of " + size + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the connection ended after: " + line);
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** Whether the server ends the connection within the socket's timeout, having sent nothing more. */
    boolean ends() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException open) {
            return false;
        } catch (SocketException reset) {
            return true;
        }
    }

    /** Whether the server ends the connection, with at most an alert of TLS before. */
    boolean endsWithAlert() throws IOException {
        try {
            return in.readNBytes(64).length <= 7;
        } catch (SocketTimeoutException open) {
            return false;
        } catch (SocketException reset) {
            return true;
        }
    }

    /** Whether the connection stays open and silent for so long. */
    boolean staysOpen(int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            return in.read() >= 0;
        } catch (SocketTimeoutException open) {
            return true;
        } catch (SocketException reset) {
            return false;
        } finally {
            socket.setSoTimeout(5_000);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

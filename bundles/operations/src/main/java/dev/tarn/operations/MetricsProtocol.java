// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.User;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code GET /metrics} for administrators and users with the role {@code metrics}: OpenMetrics 1.0 when it is asked for or
 * nothing is, else the older text format of Prometheus. Safe on any thread.
 */
@Component(service = HttpProtocol.class, property = "tarn.door=admin")
public final class MetricsProtocol implements HttpProtocol, AutoCloseable {
    private static final int WAITING = 8;

    private final Metrics metrics;
    private final ExecutorService thread = new ThreadPoolExecutor(
            0, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING), work -> new Thread(work, "tarn-metrics"));

    @Activate
    public MetricsProtocol(@Reference Metrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public String name() {
        return "metrics";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return head.uri().equals("/metrics") || head.uri().startsWith("/metrics?");
    }

    @Override
    public void open(HttpExchange exchange) {
        HttpMethod method = exchange.head().method();
        User user = exchange.context().user();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            exchange.respond(Answers.notAllowed("GET, HEAD", "metrics are read with GET"));
        } else if (!user.administrator() && !user.roles().contains("metrics")) {
            exchange.fail(new Failure(Failure.Code.FORBIDDEN, "metrics are for administrators and the role 'metrics'"));
        } else {
            String accept = exchange.head().headers().get(HttpHeaderNames.ACCEPT, "");
            try {
                thread.execute(() -> answer(exchange, accept));
            } catch (RejectedExecutionException busy) {
                exchange.fail(new Failure(Failure.Code.BUSY, "metrics are being read by too many at once"));
            }
        }
    }

    private void answer(HttpExchange exchange, String accept) {
        ExpositionFormatWriter writer =
                older(accept) ? PrometheusTextFormatWriter.create() : OpenMetricsTextFormatWriter.create();
        try {
            ByteArrayOutputStream text = new ByteArrayOutputStream(16 << 10);
            writer.write(text, metrics.snapshots(), EscapingScheme.UNDERSCORE_ESCAPING);
            exchange.loop()
                    .execute(() -> exchange.respond(
                            Answers.of(HttpResponseStatus.OK, writer.getContentType(), text.toByteArray())));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        } catch (RuntimeException bug) {
            exchange.loop().execute(() -> exchange.fail(bug));
        }
    }

    /** Whether this reader takes the text format of Prometheus and not OpenMetrics. */
    private static boolean older(String accept) {
        return accept.contains("text/plain") && !accept.contains("application/openmetrics-text");
    }

    /** Ends the thread; what is being read is answered with a broken connection. */
    @Deactivate
    @Override
    public void close() {
        thread.shutdownNow();
    }
}

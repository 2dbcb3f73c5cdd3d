// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Failure;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Offers the operations {@code application_list}, {@code application_deploy}, {@code application_rollback} and
 * {@code application_undeploy}.
 */
@Component(
        service = {},
        immediate = true)
public final class ApplicationOperations {

    @Activate
    public ApplicationOperations(BundleContext context, @Reference Applications applications) {
        for (Operation operation : of(applications)) {
            context.registerService(Operation.class, operation, null);
        }
    }

    private static Iterable<Operation> of(Applications applications) {
        return java.util.List.of(
                new Named(
                        "application_list",
                        given -> applications.list().thenApply(all -> Map.<String, Object>of("applications", all))),
                new Named("application_deploy", given -> {
                    String name = text(given, "name");
                    return applications.deploy(name, bytes(given)).thenApply(version -> told(name, version));
                }),
                new Named("application_rollback", given -> {
                    String name = text(given, "name");
                    return applications.rollBack(name).thenApply(version -> told(name, version));
                }),
                new Named("application_undeploy", given -> {
                    String name = text(given, "name");
                    return applications
                            .undeploy(name)
                            .thenApply(done -> Map.<String, Object>of("name", name, "state", "undeployed"));
                }));
    }

    private static Map<String, Object> told(String name, int version) {
        return Map.of("name", name, "version", (long) version, "state", "serving");
    }

    private static String text(Map<String, Object> given, String name) {
        if (given.get(name) instanceof String text && !text.isBlank()) {
            return text;
        }
        throw new Failure(Failure.Code.MALFORMED, "the property '" + name + "' is missing");
    }

    private static byte[] bytes(Map<String, Object> given) {
        Object content = given.get("content");
        if (content instanceof byte[] bytes) {
            return bytes;
        }
        if (content instanceof String text) {
            try {
                return Base64.getDecoder().decode(text);
            } catch (IllegalArgumentException none) {
                throw new Failure(Failure.Code.MALFORMED, "'content' is bytes, in JSON as base64");
            }
        }
        throw new Failure(Failure.Code.MALFORMED, "the property 'content' is missing, a zip or a jar");
    }

    private record Named(String name, Function<Map<String, Object>, CompletionStage<Map<String, Object>>> work)
            implements Operation {
        @Override
        public CompletionStage<Map<String, Object>> run(@Nullable Context context, Map<String, Object> arguments) {
            return work.apply(arguments);
        }

        @Override
        public boolean changes() {
            return !name.endsWith("_list");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is known of one application. For one thread at a time. */
final class Watched {
    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

    final String name;

    Places.@Nullable Found found;

    /** At the last look; null when it was not there. */
    @Nullable
    Folder seen;

    /** When it was last deployed, with success or without. */
    @Nullable
    Folder tried;

    @Nullable
    Application serving;

    @Nullable
    Code code;

    /** When the version that serves began to, in milliseconds since 1970. */
    long since;

    /** What is wrong with what was tried last. */
    List<String> problems = List.of();

    /** The last complaint, so that it is made once. */
    private @Nullable String complaint;

    Watched(String name) {
        this.name = name;
    }

    /** This version serves from now on. */
    void serves(Application next, Code with) {
        serving = next;
        code = with;
        complaint = null;
        problems = List.of();
        since = System.currentTimeMillis();
    }

    /** Notes what is wrong, and tells the log what it has not been told. */
    void complain(List<String> reasons) {
        problems = reasons;
        for (String reason : reasons) {
            if (!reason.equals(complaint)) {
                complaint = reason;
                LOG.warn(
                        "application={} not deployed: {}{}",
                        name,
                        reason,
                        serving == null ? "" : " (the last version keeps serving)");
            }
        }
    }

    /** What there is to know of it. */
    Map<String, Object> told() {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("name", name);
        told.put("state", serving != null ? "serving" : "failed");
        if (found != null) {
            told.put("folder", found.path().toString());
        }
        if (serving != null && code != null) {
            told.put("since", since);
            told.put(
                    "tables",
                    code.tables().stream()
                            .map(table -> Objects.toString(table.export(), table.name()))
                            .toList());
            told.put(
                    "resources",
                    code.mounts().stream().map(mount -> mount.export()).toList());
            told.put("files", (long) serving.site().size());
        }
        told.put("problems", problems);
        return told;
    }
}

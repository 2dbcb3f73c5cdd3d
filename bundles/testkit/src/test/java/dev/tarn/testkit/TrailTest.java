// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Audit;
import dev.tarn.engine.Engine;
import dev.tarn.security.AuditTrail;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The audit trail and what it tells of are in one commit: a crash leaves both or neither. */
class TrailTest extends RightsScene {

    private final List<Commit> commits = new CopyOnWriteArrayList<>();
    private AuditTrail trail;
    private AutoCloseable observation;

    @BeforeEach
    void follow() {
        Map<String, Object> settings = Map.of("tables", new String[] {"Notes"});
        trail = new AuditTrail(
                node.services().store(), node.services().bodies(), Configs.of(AuditTrail.Config.class, settings));
        ((Engine) door()).setAudit(trail);
        observation = node.services().store().observe(commits::addAll);
    }

    @AfterEach
    void unfollow() throws Exception {
        observation.close();
        trail.close();
    }

    /** What each commit was: tables in order. */
    private List<String> written() {
        List<String> all = new ArrayList<>();
        for (Commit commit : commits) {
            all.add(String.join(
                    " ", commit.changes().stream().map(Change::table).toList()));
        }
        return all;
    }

    private static String said(Change entry) {
        return String.valueOf(Objects.requireNonNull(entry.body()).value());
    }

    @Test
    void a_change_and_its_entry_are_one_commit_and_who_wrote_sees_his_change_only() {
        Context one = node.context();
        Commit put = Node.await(door().put(one, Path.of("Notes/3"), note("{\"text\":\"x\"}"), Terms.NONE));
        assertThat(put.changes()).hasSize(1);
        Commit deleted = Node.await(door().delete(one, Path.of("Notes/3"), Terms.NONE));
        assertThat(deleted.changes()).hasSize(1);
        assertThat(written()).containsExactly("data.Notes system.audit", "data.Notes system.audit");
        assertThat(said(commits.get(1).changes().get(1))).contains("what=delete", "before={id=3, text=x}");
    }

    @Test
    void what_changed_nothing_and_what_was_refused_has_no_entry_of_a_change() {
        Context one = node.context();
        assertThat(Node.await(door().delete(one, Path.of("Notes/none"), Terms.NONE))
                        .changes())
                .isEmpty();
        role("{\"name\":\"own\",\"tables\":[{\"table\":\"Notes\",\"read\":true,\"update\":true,"
                + "\"rows\":\"owner=%u\"}]}");
        assertThat(outcome(() -> door().patch(as("ada", "own"), Path.of("Notes/2"), note("{}"), Terms.NONE)))
                .isEqualTo("NOT_FOUND");
        assertThat(written()).doesNotContain("data.Notes system.audit");
    }

    @Test
    void of_many_rows_in_one_commit_the_first_hundred_have_entries_and_the_rest_is_counted() {
        List<Body> rows = IntStream.range(0, 103)
                .mapToObj(i -> note("{\"id\":\"r" + i + "\"}"))
                .toList();
        assertThat(Node.await(door().putAll(node.context(), "Notes", rows, Terms.NONE))
                        .changes())
                .hasSize(103);
        List<Change> changes = commits.get(0).changes();
        assertThat(changes).hasSize(103 + 101);
        assertThat(said(changes.get(203))).contains("and 3 more with these");
    }

    @Test
    void what_is_entered_is_durable_before_it_is_said_to_be() {
        Node.await(trail.enter(new Audit.Event("user_put", "ada", "admin", null, true, "bob")));
        assertThat(written()).containsExactly("system.audit");
        ((Engine) door()).unsetAudit(trail);
        assertThat(Node.await(door().put(node.context(), Path.of("Notes/4"), note("{}"), Terms.NONE))
                        .changes())
                .hasSize(1);
        assertThat(written()).containsExactly("system.audit", "data.Notes");
    }
}

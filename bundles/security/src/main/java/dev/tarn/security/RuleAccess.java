// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Table;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.User;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Allows what one of its rules allows, and nothing else: without rules, nothing. Database {@code system} is out of reach
 * for everybody, whatever the rules say. Safe on any thread.
 */
@Component(service = Access.class)
public final class RuleAccess implements Access {

    private static final Logger LOG = LoggerFactory.getLogger(RuleAccess.class);

    private final List<Rule> rules;

    /** Rules that failed, so that each is in the log once and not once a request. */
    private final Set<Rule> failed = ConcurrentHashMap.newKeySet();

    /** Access for administrators only. */
    @Activate
    public RuleAccess() {
        this(List.of(Rule.ADMINISTRATORS));
    }

    RuleAccess(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    @Override
    public boolean allows(User user, Verb verb, Table table, String path) {
        if (table.database().equals(Table.SYSTEM)) {
            return false;
        }
        for (Rule rule : rules) {
            if (allows(rule, user, verb, table, path)) {
                return true;
            }
        }
        return false;
    }

    private boolean allows(Rule rule, User user, Verb verb, Table table, String path) {
        try {
            return rule.allows(user, verb, table, path);
        } catch (RuntimeException e) {
            if (failed.add(rule)) {
                LOG.error("access=denied reason=\"a rule failed\" verb={} table={}", verb, table.qualifiedName(), e);
            }
            return false;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationPlugin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts secrets in the place of the words that stand for them, on the way from the configuration service to a component: the
 * service itself, its files, and who edits its configurations see the words only. Also strikes the secrets out of texts, for
 * those who show what components were given. Safe on any thread.
 */
final class KeptSecrets implements ConfigurationPlugin, UnaryOperator<String> {
    private static final Logger LOG = LoggerFactory.getLogger("dev.tarn.launcher");

    /** Shorter ones would strike out half of a page. */
    private static final int SHORTEST = 4;

    private static final String STRUCK = "••••••";

    private final Set<String> known = ConcurrentHashMap.newKeySet();

    /** Does both from now on. */
    void begin(BundleContext context) {
        context.registerService(
                ConfigurationPlugin.class,
                this,
                new Hashtable<>(Map.of(ConfigurationPlugin.CM_RANKING, 500, "config.plugin.id", "dev.tarn.secrets")));
        context.registerService(UnaryOperator.class, this, new Hashtable<>(Map.of("tarn.strikes", "secrets")));
    }

    @Override
    public void modifyConfiguration(ServiceReference<?> reference, Dictionary<String, Object> properties) {
        for (String name : Collections.list(properties.keys())) {
            Object value = properties.get(name);
            if (value instanceof String word && Secret.is(word)) {
                properties.put(name, kept(name, word));
            } else if (value instanceof String[] words) {
                Object copy = Array.newInstance(String.class, words.length);
                for (int i = 0; i < words.length; i++) {
                    Array.set(copy, i, Secret.is(words[i]) ? kept(name, words[i]) : words[i]);
                }
                properties.put(name, copy);
            }
        }
    }

    /** The secret; the word itself where there is none, with which the component will hardly be content. */
    private String kept(String name, String word) {
        try {
            String secret = Secret.of(word);
            known.add(secret);
            return secret;
        } catch (Refusal absent) {
            LOG.error("'{}' {}", name, absent.line());
            return word;
        }
    }

    /** The text without secrets, also where they are written as HTML or JSON has them. */
    @Override
    public String apply(String text) {
        Set<String> forms = new LinkedHashSet<>();
        for (String secret : known) {
            if (secret.length() >= SHORTEST) {
                forms.addAll(List.of(secret, html(secret), json(secret), html(json(secret))));
            }
        }
        List<String> longest = new ArrayList<>(forms);
        longest.sort(Comparator.comparingInt(String::length).reversed());
        String struck = text;
        for (String form : longest) {
            struck = struck.replace(form, STRUCK);
        }
        return struck;
    }

    private static String html(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&#34;")
                .replace("'", "&#39;");
    }

    private static String json(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("/", "\\/");
    }
}

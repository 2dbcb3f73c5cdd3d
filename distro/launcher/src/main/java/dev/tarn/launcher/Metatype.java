// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * What a bundle says may be configured.
 *
 * @param pid the component's configuration
 * @param factory whether there may be many of it
 */
record Metatype(String pid, boolean factory, List<Key> keys) {

    /** All definitions in one metatype file of a bundle. Closes the stream. */
    static List<Metatype> read(InputStream stream) throws IOException {
        Document document;
        try (InputStream in = stream) {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            document = factory.newDocumentBuilder().parse(in);
        } catch (SAXException | ParserConfigurationException malformed) {
            throw new IOException("metatype cannot be read: " + malformed.getMessage(), malformed);
        }
        Map<String, List<Key>> classes = new HashMap<>();
        for (Element ocd : elements(document.getDocumentElement(), "OCD")) {
            List<Key> keys = new ArrayList<>();
            elements(ocd, "AD").forEach(ad -> keys.add(key(ad)));
            classes.put(ocd.getAttribute("id"), keys);
        }
        List<Metatype> found = new ArrayList<>();
        for (Element designate : elements(document.getDocumentElement(), "Designate")) {
            boolean many = designate.hasAttribute("factoryPid");
            for (Element object : elements(designate, "Object")) {
                found.add(new Metatype(
                        designate.getAttribute(many ? "factoryPid" : "pid"),
                        many,
                        classes.getOrDefault(object.getAttribute("ocdref"), List.of())));
            }
        }
        return found;
    }

    private static Key key(Element ad) {
        String cardinality = ad.getAttribute("cardinality");
        Set<String> choices = new LinkedHashSet<>();
        elements(ad, "Option").forEach(option -> choices.add(option.getAttribute("value")));
        return new Key(
                ad.getAttribute("id"),
                ad.getAttribute("type"),
                !cardinality.isEmpty() && Integer.parseInt(cardinality) != 0,
                attribute(ad, "default"),
                attribute(ad, "min"),
                attribute(ad, "max"),
                choices,
                ad.getAttribute("description"));
    }

    private static @Nullable String attribute(Element element, String name) {
        return element.hasAttribute(name) && !element.getAttribute(name).isEmpty() ? element.getAttribute(name) : null;
    }

    private static List<Element> elements(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        NodeList children = parent.getChildNodes();
        for (int i = 0; i < children.getLength(); i++) {
            Node child = children.item(i);
            if (child instanceof Element element && element.getTagName().equals(name)) {
                found.add(element);
            }
        }
        return found;
    }
}

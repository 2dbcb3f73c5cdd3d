// SPDX-License-Identifier: Apache-2.0
package dev.tarn.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page of documentation: its fenced blocks and its links. */
record Page(Path file, String text, List<Block> blocks) {

    /** A fenced block; {@code after} is whether nothing but blank lines is between it and the block before. */
    record Block(String language, String text, int line, boolean after) {}

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)(#[^)]*)?\\)");

    static Page read(Path file) throws IOException {
        List<Block> blocks = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        boolean after = false;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.startsWith("```")) {
                int start = i;
                StringBuilder text = new StringBuilder();
                for (i++; !lines.get(i).equals("```"); i++) {
                    text.append(lines.get(i)).append('\n');
                }
                blocks.add(new Block(line.substring(3), text.toString(), start + 1, after));
                after = true;
            } else if (!line.isBlank()) {
                after = false;
            }
        }
        return new Page(file, Files.readString(file), List.copyOf(blocks));
    }

    /** Blocks of a language, one after the other. */
    String all(String language) {
        StringBuilder all = new StringBuilder();
        blocks.stream().filter(block -> block.language().equals(language)).forEach(block -> all.append(block.text()));
        return all.toString();
    }

    boolean has(String language) {
        return blocks.stream().anyMatch(block -> block.language().equals(language));
    }

    /** Links to files, relative to the page. */
    List<String> links() {
        List<String> links = new ArrayList<>();
        Matcher matcher = LINK.matcher(text);
        while (matcher.find()) {
            if (!matcher.group(1).contains("://")) {
                links.add(matcher.group(1));
            }
        }
        return links;
    }

    @Override
    public String toString() {
        return file.getFileName().toString();
    }
}

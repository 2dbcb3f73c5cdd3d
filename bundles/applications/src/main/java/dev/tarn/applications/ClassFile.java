// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the file of a class says of other classes, and of lines of its source. JVMS §4. For one thread. */
final class ClassFile {

    private static final int MAGIC = 0xCAFEBABE;

    /** Where interfaces of the server are, in names of the class file. */
    private static final String OURS = "dev/tarn/api/";

    private final Constants constants;
    private final String name;

    /** Classes that it is compiled against, and the line where each is first used; 0 for none. */
    private final Map<String, Integer> uses = new TreeMap<>();

    /** The first line of each method that has code, by name and descriptor. */
    private final Map<String, Integer> methods = new LinkedHashMap<>();

    private @Nullable String source;

    private ClassFile(DataInputStream in) throws IOException {
        constants = Constants.of(in);
        in.readUnsignedShort();
        name = constants.type(in.readUnsignedShort());
        in.readUnsignedShort();
        in.skipNBytes(2L * in.readUnsignedShort());
        members(in);
        members(in);
        attributes(in, (kind, bytes) -> {
            if (kind.equals("SourceFile")) {
                source = constants.text(bytes.readUnsignedShort());
            }
        });
        for (String type : constants.types()) {
            uses.putIfAbsent(type, 0);
        }
    }

    /**
     * What is in a file.
     *
     * @throws IOException when this is no class
     */
    static ClassFile of(InputStream file) throws IOException {
        DataInputStream in = new DataInputStream(file);
        if (in.readInt() != MAGIC) {
            throw new IOException("is no class");
        }
        in.readInt();
        try {
            return new ClassFile(in);
        } catch (IndexOutOfBoundsException | IllegalArgumentException wrong) {
            throw new IOException("is no class", wrong);
        }
    }

    /** The names of classes that it is compiled against, arrays as what they are of. */
    Set<String> uses() {
        return uses.keySet();
    }

    /** Whether it is compiled against interfaces of the server, as an annotation too. */
    boolean ours() {
        return constants.mentions(OURS);
    }

    /** The file that it was compiled from, with the line where it uses a class, if that is known. */
    String place(String used) {
        return place(uses.getOrDefault(used, 0));
    }

    /** The file that it was compiled from, with the first line of a method, if that is known. */
    String place(String method, String descriptor) {
        return place(methods.getOrDefault(method + descriptor, 0));
    }

    private String place(int line) {
        int nested = name.indexOf('$');
        String file = nested < 0 ? name : name.substring(0, nested);
        String folder = name.substring(0, name.lastIndexOf('.') + 1);
        String path = source == null ? file.replace('.', '/') + ".java" : folder.replace('.', '/') + source;
        return line == 0 ? path : path + ":" + line;
    }

    /** Reads what an attribute has. */
    private interface Attribute {
        void read(String kind, DataInputStream bytes) throws IOException;
    }

    private void attributes(DataInputStream in, Attribute each) throws IOException {
        int count = in.readUnsignedShort();
        for (int i = 0; i < count; i++) {
            String kind = constants.text(in.readUnsignedShort());
            byte[] bytes = in.readNBytes(in.readInt());
            each.read(kind, new DataInputStream(new ByteArrayInputStream(bytes)));
        }
    }

    /** Fields, or methods. */
    private void members(DataInputStream in) throws IOException {
        int count = in.readUnsignedShort();
        for (int i = 0; i < count; i++) {
            in.readUnsignedShort();
            String member = constants.text(in.readUnsignedShort());
            String descriptor = constants.text(in.readUnsignedShort());
            attributes(in, (kind, bytes) -> {
                if (kind.equals("Code")) {
                    code(member + descriptor, bytes);
                }
            });
            int first = methods.getOrDefault(member + descriptor, 0);
            Set<String> types = new TreeSet<>();
            Constants.add(types, descriptor);
            types.forEach(type -> use(type, first));
        }
    }

    private void use(String type, int line) {
        uses.merge(type, line, (one, other) -> one == 0 || (other != 0 && other < one) ? other : one);
    }

    private void code(String method, DataInputStream in) throws IOException {
        in.readInt();
        byte[] code = in.readNBytes(in.readInt());
        in.skipNBytes(8L * in.readUnsignedShort());
        TreeMap<Integer, Integer> lines = new TreeMap<>();
        attributes(in, (kind, bytes) -> {
            if (kind.equals("LineNumberTable")) {
                int count = bytes.readUnsignedShort();
                for (int i = 0; i < count; i++) {
                    lines.put(bytes.readUnsignedShort(), bytes.readUnsignedShort());
                }
            }
        });
        if (!lines.isEmpty()) {
            methods.put(method, lines.firstEntry().getValue());
            Instructions.each(code, (at, constant) -> {
                Map.Entry<Integer, Integer> line = lines.floorEntry(at);
                if (line != null) {
                    constants.typesOf(constant).forEach(type -> use(type, line.getValue()));
                }
            });
        }
    }
}

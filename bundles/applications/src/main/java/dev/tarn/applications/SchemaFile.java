// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import graphql.language.Definition;
import graphql.language.DirectiveDefinition;
import graphql.language.Document;
import graphql.language.EnumTypeDefinition;
import graphql.language.EnumTypeExtensionDefinition;
import graphql.language.EnumValueDefinition;
import graphql.language.FieldDefinition;
import graphql.language.ObjectTypeDefinition;
import graphql.language.ObjectTypeExtensionDefinition;
import graphql.language.ScalarTypeDefinition;
import graphql.language.TypeDefinition;
import graphql.parser.InvalidSyntaxException;
import graphql.parser.Parser;
import graphql.parser.ParserEnvironment;
import graphql.parser.ParserOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one schema file with graphql-java: what is in it, not yet what it means. For one thread. */
final class SchemaFile {

    /** Characters. */
    private static final int LONGEST = 1 << 20;

    private static final int MOST_TOKENS = 200_000;

    private static final int DEEPEST = 200;

    /** A type or enum and the file it is in. */
    record Declared(String file, TypeDefinition<?> definition) {
        int line() {
            return Lines.of(definition);
        }

        String name() {
            return definition.getName();
        }

        /** The type; null for an enum. */
        @Nullable
        ObjectTypeDefinition type() {
            return definition instanceof ObjectTypeDefinition type ? type : null;
        }

        boolean isTable() {
            return definition instanceof ObjectTypeDefinition type && type.hasDirective("table");
        }

        /** The attributes of a type; none of an enum. */
        List<FieldDefinition> fields() {
            return definition instanceof ObjectTypeDefinition type ? type.getFieldDefinitions() : List.of();
        }

        /** The values of an enum; null for a type. */
        @Nullable
        List<String> values() {
            return definition instanceof EnumTypeDefinition values
                    ? values.getEnumValueDefinitions().stream()
                            .map(EnumValueDefinition::getName)
                            .toList()
                    : null;
        }
    }

    private SchemaFile() {}

    /** The types and enums of a file, in order; what else is in it goes to the findings. */
    static List<Declared> read(String file, String text, Findings findings) {
        ParserOptions limits = ParserOptions.getDefaultSdlParserOptions()
                .transform(options -> options.maxCharacters(LONGEST)
                        .maxTokens(MOST_TOKENS)
                        .maxWhitespaceTokens(LONGEST)
                        .maxRuleDepth(DEEPEST)
                        .captureIgnoredChars(false));
        Document document;
        try {
            document = Parser.parse(ParserEnvironment.newParserEnvironment()
                    .document(text)
                    .parserOptions(limits)
                    .build());
        } catch (InvalidSyntaxException unreadable) {
            int line = unreadable.getLocation() == null
                    ? 0
                    : unreadable.getLocation().getLine();
            String token = unreadable.getOffendingToken();
            findings.refuse(
                    file,
                    line,
                    token == null || token.isBlank() || token.equals("<EOF>")
                            ? "not GraphQL: "
                                    + String.valueOf(unreadable.getMessage()).replaceAll("\\s+", " ")
                            : "not GraphQL: '" + token + "' was not expected here");
            return List.of();
        }
        List<Declared> types = new ArrayList<>();
        for (Definition<?> definition : document.getDefinitions()) {
            if (definition instanceof ObjectTypeDefinition type && !(type instanceof ObjectTypeExtensionDefinition)) {
                types.add(new Declared(file, type));
            } else if (definition instanceof EnumTypeDefinition values
                    && !(values instanceof EnumTypeExtensionDefinition)) {
                types.add(new Declared(file, values));
            } else if (!declaresWhatIsBuiltIn(definition)) {
                findings.refuse(file, Lines.of(definition), refusal(definition));
            }
        }
        return types;
    }

    /** Editors want the directives and scalars declared; that adds nothing here. */
    private static boolean declaresWhatIsBuiltIn(Definition<?> definition) {
        return (definition instanceof DirectiveDefinition directive && Directives.KNOWN.contains(directive.getName()))
                || (definition instanceof ScalarTypeDefinition scalar && Types.BUILT_IN.containsKey(scalar.getName()));
    }

    private static String refusal(Definition<?> definition) {
        String what = definition
                .getClass()
                .getSimpleName()
                .replace("TypeDefinition", "")
                .replace("Definition", "");
        return what + " definitions are not supported: declare tables as 'type Name @table { ... }'";
    }
}

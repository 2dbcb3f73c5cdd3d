#!/bin/sh
# Compiles src and packs it into app/readings.jar, which runs as it is or while another one of it runs.
set -eu
cd "$(dirname "$0")"
jars=$(find '${tarn}/system' -name 'tarn-api-*.jar' -o -name 'jspecify-*.jar' | tr '\n' ':')
rm -rf classes && mkdir -p classes app
javac -g -parameters -cp "$jars" -d classes src/*.java
jar cf app/readings.jar.new -C classes .
mv app/readings.jar.new app/readings.jar

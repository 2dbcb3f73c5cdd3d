// SPDX-License-Identifier: Apache-2.0
package com.example.sensors;

import dev.tarn.api.application.Call;
import dev.tarn.api.application.TableResource;
import dev.tarn.api.data.Failure;
import java.util.Map;

/** Marks sensors that are too hot, says so at {@code alerts/id}, and refuses what no thermometer can say. */
public final class SensorAlert extends TableResource<Sensors> {

    @Override
    public void put(Call call, Sensors sent) throws Exception {
        double temp = sent.temp() == null ? 0 : sent.temp();
        if (temp < -273.15) {
            throw Failure.of(422, "colder than anything: " + temp);
        }
        boolean hot = temp > 100;
        super.put(call, new Sensors(sent.id(), sent.location(), sent.temp(), hot));
        if (hot) {
            say(call, "alerts/" + sent.id(), Map.of("sensor", sent.id(), "temp", temp));
        }
    }
}

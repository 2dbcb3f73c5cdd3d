package ${package};

import dev.tarn.api.application.Call;
import dev.tarn.api.application.TableResource;
import dev.tarn.api.data.Failure;

/** Every write of every protocol comes through here. */
public final class ReadingsRule extends TableResource<Readings> {
    @Override
    public void put(Call call, Readings sent) throws Exception {
        double temp = sent.temp() == null ? 0 : sent.temp();
        if (temp < -273.15) {
            throw Failure.of(422, "colder than anything: " + temp);
        }
        super.put(call, new Readings(sent.id(), sent.temp(), temp > 100));
    }
}

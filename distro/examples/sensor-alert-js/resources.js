// SPDX-License-Identifier: Apache-2.0

const { Alerts } = tables;

/** The rule of Sensors: whatever way a row comes in, it goes through put. */
export default class Sensors extends tables.Sensors {
  static loadAsInstance = false;

  async put(target, data) {
    if (data.temp < -273.15) {
      const error = new Error(`colder than anything: ${data.temp}`);
      error.statusCode = 422;
      throw error;
    }
    data.alert = data.temp > 100;
    if (data.alert) {
      await Alerts.publish(target.id, { id: target.id, temp: data.temp });
    }
    return super.put(target, data);
  }
}

export class Readings extends tables.Readings {
  static loadAsInstance = false;

  put(target, data) {
    if (data.temp < -273.15) {
      const refusal = new Error('colder than anything');
      refusal.statusCode = 422;
      throw refusal;
    }
    return super.put(target, { ...data, alert: data.temp > 100 });
  }
}

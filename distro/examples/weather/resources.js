// Rows come from a weather service when somebody asks for them, and are kept for as long as the schema says.
import { tables, Resource } from 'harperdb';

class OpenMeteo extends Resource {
  static loadAsInstance = false;

  async get(target) {
    const [latitude, longitude] = String(target.id ?? target).split(',').map(Number);
    if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) {
      return undefined;
    }
    const what = `latitude=${latitude}&longitude=${longitude}&current=temperature_2m,wind_speed_10m`;
    const answer = await fetch(`${process.env.WEATHER_URL}/v1/forecast?${what}`);
    if (!answer.ok) {
      throw new Error(`the weather service answers ${answer.status}`);
    }
    const { current } = await answer.json();
    return { temperature: current.temperature_2m, wind: current.wind_speed_10m, at: current.time };
  }
}

tables.Weather.sourcedFrom(OpenMeteo);

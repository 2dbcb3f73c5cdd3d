// SPDX-License-Identifier: Apache-2.0
// Presses every button of the console's pages Protocols and Applications in Chromium, with a bundle that brings the protocol echo
// and a jar with an application, and prints "console" and what it saw after each.
import puppeteer from 'puppeteer-core';

const [executablePath, adminAddress, jar, application] = process.argv.slice(2);
const timeout = 60000;
const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.log('console error ' + error.message));
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto('http://' + adminAddress + '/', { waitUntil: 'load', timeout });

  /** Waits until the page says how the bundle is, after it had said nothing or something else. */
  const said = async (words) => {
    await page.waitForFunction((wanted) => document.querySelector('.told').textContent.includes(wanted), { timeout }, words);
    console.log('console said ' + await page.$eval('.told', (told) => told.textContent));
  };
  /** Waits until the row of echo has these words, or is not there when there are none. */
  const row = async (...words) => {
    await page.waitForFunction((wanted) => {
      const echo = [...document.querySelectorAll('.protocols tbody tr')]
        .find((tr) => tr.querySelector('b') && tr.querySelector('b').textContent === 'echo');
      return wanted.length === 0 ? !echo : echo && wanted.every((word) => echo.textContent.includes(word));
    }, { timeout }, words);
    console.log('console row ' + (words.join(' ') || 'gone'));
  };
  /** Clicks once the button is there and can be clicked; the page draws its rows anew each second. */
  const press = (label) => page.waitForFunction((wanted) => {
    const echo = [...document.querySelectorAll('.protocols tbody tr, .removed')]
      .filter((element) => element.textContent.includes('echo'));
    const button = echo.flatMap((element) => [...element.querySelectorAll('button')])
      .find((each) => each.textContent.startsWith(wanted) && !each.disabled);
    if (!button) return false;
    button.click();
    return true;
  }, { timeout }, label);
  const choose = async () => (await page.$('input[type=file]')).uploadFile(jar);

  await page.waitForFunction(() => document.body.innerText.includes('websocket'), { timeout });
  await choose();
  await said('is active');
  await row('running');
  await choose();
  await said('Installing');
  await said('is active');
  await press('Stop');
  await row('stopped');
  await press('Start');
  await row('running');
  await press('Remove');
  await row();
  await press('bring back');
  await row('running');
  await press('Remove');
  await row();

  await page.goto('http://' + adminAddress + '/system/console/applications', { waitUntil: 'load', timeout });
  const applied = (...words) => page.waitForFunction((wanted) => {
    const rows = [...document.querySelectorAll('.protocols tbody tr')].filter((tr) => tr.textContent.includes('sensor-alert'));
    return wanted.length === 0 ? rows.length === 0 : rows.length === 1 && wanted.every((word) => rows[0].textContent.includes(word));
  }, { timeout }, words).then(() => console.log('console application ' + (words.join(' ') || 'gone')));
  const click = (label) => page.waitForFunction((wanted) => {
    const button = [...document.querySelectorAll('.protocols tbody button')].find((each) => each.textContent === wanted && !each.disabled);
    button?.click();
    return Boolean(button);
  }, { timeout }, label);
  const deploy = async () => (await page.$('input[type=file]')).uploadFile(application);
  await deploy();
  await said('version 1 is serving');
  await applied('serving', 'Sensors');
  await deploy();
  await said('version 2 is serving');
  await click('Roll back');
  await said('version 1 is serving');
  await click('Undeploy');
  await said('is undeployed');
  await applied();
  console.log('console done');
} finally {
  await browser.close();
}

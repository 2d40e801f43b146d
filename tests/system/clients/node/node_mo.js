// node-smpp as a client that receives:  node node_mo.js HOST PORT SYSTEM_ID PASSWORD COUNT
// Takes COUNT messages, prints each as a JSON line, answers it, and unbinds.
'use strict';
const smpp = require('smpp');

const [host, port, systemId, password, count] = process.argv.slice(2);
const fail = (why) => { console.error(why); process.exit(1); };
setTimeout(() => fail('not done within 100 s'), 100000).unref();

const session = smpp.connect({ url: `smpp://${host}:${port}` });
let taken = 0;

session.on('error', (error) => fail(`connection: ${error.message}`));
session.on('enquire_link', (pdu) => session.send(pdu.response()));
session.on('deliver_sm', (pdu) => {
  const { source_addr: from, destination_addr: to, esm_class: esmClass } = pdu;
  console.log(JSON.stringify({ from, to, esm_class: esmClass, text: pdu.short_message.message.toString() }));
  session.send(pdu.response());
  if (++taken === Number(count)) {
    session.unbind({}, () => { session.close(); process.exit(0); });
  }
});

session.on('connect', () => {
  session.bind_receiver({ system_id: systemId, password, interface_version: 0x34 }, (answer) => {
    if (answer.command_status !== 0) fail(`bind refused: ${answer.command_status}`);
  });
});

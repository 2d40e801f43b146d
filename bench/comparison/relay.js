// A relay as one writes it with node-smpp:  node relay.js LISTEN_PORT SUPPLIER_PORT
// Takes every bind, sends each submit_sm on over one session at the supplier, and the supplier's answer back to its client.
'use strict';
const smpp = require('smpp');

const WINDOW = 10000;  // unanswered at the supplier; the rest waits here
const [listenPort, supplierPort] = process.argv.slice(2).map(Number);

const fail = (why) => { console.error(why); process.exit(1); };

const waiting = [];  // [client's session, its submit_sm]
let unanswered = 0;

const supplier = smpp.connect({ url: `smpp://127.0.0.1:${supplierPort}` });
supplier.on('error', (error) => fail(`supplier: ${error.message}`));
supplier.on('close', () => fail('the supplier closed'));
supplier.on('enquire_link', (pdu) => supplier.send(pdu.response()));

function fieldsOf(pdu) {
  const { command, command_id, command_length, command_status, sequence_number, ...fields } = pdu;
  return fields;
}

function forward(client, pdu) {
  unanswered += 1;
  supplier.submit_sm(fieldsOf(pdu), (answer) => {
    unanswered -= 1;
    client.send(pdu.response({ command_status: answer.command_status, message_id: answer.message_id }));
    if (waiting.length > 0) forward(...waiting.shift());
  });
}

function serve(client) {
  client.socket.setNoDelay(true);
  client.on('error', (error) => console.error(`client: ${error.message}`));
  client.on('bind_transceiver', (pdu) => client.send(pdu.response()));
  client.on('unbind', (pdu) => client.send(pdu.response(), () => client.close()));
  client.on('enquire_link', (pdu) => client.send(pdu.response()));
  client.on('submit_sm', (pdu) => {
    if (unanswered < WINDOW) return forward(client, pdu);
    waiting.push([client, pdu]);
  });
}

supplier.on('connect', () => {
  supplier.socket.setNoDelay(true);
  supplier.bind_transceiver({ system_id: 'relay', password: 'pw', interface_version: 0x34 }, (answer) => {
    if (answer.command_status !== 0) fail(`bind refused: ${answer.command_status}`);
    smpp.createServer(serve).listen(listenPort, '127.0.0.1');
  });
});

// Run one task of the contract with the client's default settings; tests/clients/warehouse.py describes the tasks.
// Arguments: the task and its parameters; URL, user and password come from the environment.
import { createClient } from "@clickhouse/client";
import { readFileSync } from "node:fs";

const client = createClient({
  url: process.env.WAREHOUSE_URL,
  database: process.env.WAREHOUSE_DATABASE,
  username: process.env.WAREHOUSE_USER,
  password: process.env.WAREHOUSE_PASSWORD,
});

const text = (value) => (value === null ? null : String(value));

async function run({ statement, parameters, returns_rows }) {
  try {
    if (!returns_rows) {
      await client.command({ query: statement, query_params: parameters });
      return { rows: [] };
    }
    const result = await client.query({ query: statement, query_params: parameters });
    const { data } = await result.json();
    return { rows: data.map((row) => Object.values(row).map(text)) };
  } catch (error) {
    return { error: Number(error.code) };
  }
}

async function read(statement) {
  let rows = 0;
  try {
    const result = await client.query({ query: statement, format: "JSONEachRow" });
    for await (const block of result.stream()) rows += block.length;
    return { rows };
  } catch (error) {
    return { error: Number(error.code), message: error.message };
  }
}

const tasks = {
  async cases(file) {
    const outcomes = [];
    for (const one of JSON.parse(readFileSync(file, "utf8"))) outcomes.push(await run(one));
    return outcomes;
  },
  read,
  async insert(table, rows) {
    const values = Array.from({ length: Number(rows) }, (_, id) => ({ id, title: `it's \\ ${id}`, price: "1.10" }));
    await client.insert({ table, values, format: "JSONEachRow" });
    return { rows: values.length };
  },
  async cancel(statement) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 500);
    try {
      await client.query({ query: statement, abort_signal: controller.signal });
      return { rows: 0 };
    } catch (error) {
      return { message: error.message };
    }
  },
};

const [task, ...rest] = process.argv.slice(2);
console.log(JSON.stringify(await tasks[task](...rest)));
await client.close();

// The API's explorer. What is typed stays in this tab's memory: queries may hold
// what the law protects.
(() => {
  const kept = new Map();
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
    clear: () => kept.clear(),
    get length() { return kept.size; },
  };
  ReactDOM.createRoot(document.getElementById("explorer")).render(
    React.createElement(GraphiQL, {
      fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
      storage,
      defaultQuery: "{\n  viewer {\n    email\n  }\n}\n",
    }),
  );
})();

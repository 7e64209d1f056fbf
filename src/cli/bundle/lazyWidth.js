// Makes tables of all Unicode when it is loaded, which takes as long as all else at a start: so it is loaded when
// somebody measures.
export default (...args) => require('string-width').default(...args);

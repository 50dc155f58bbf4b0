/**
 * Makes the bridge's screens quicker: acts without a reload, diagnostics by themselves, a thread that
 * stays fresh. Every form works without this file.
 */
( function () {
	'use strict';

	var POLL = 15000;
	var WAITING = 60000;
	var LOST = [ 'fetch_error', 'invalid_json' ]; // no answer, or the page of something on the way
	var shown = Promise.resolve();
	var leave = window.location.assign.bind( window.location );

	wp.domReady( function () {
		document.querySelectorAll( '.keydesk-bridge' ).forEach( start );
	} );

	function start( root ) {
		var setup = JSON.parse( root.getAttribute( 'data-bridge' ) );
		root.classList.add( 'has-script' );
		root.keydesk = { setup: setup, call: call, say: say, leave: leave }; // for license.js
		root.addEventListener( 'submit', function ( event ) {
			if ( event.target.hasAttribute( 'data-act' ) && ! event.defaultPrevented ) {
				event.preventDefault();
				submit( root, setup, event.target );
			}
		} );
		focusError( root );
		showDiagnostics( root, setup );
		refreshList( root, setup );
		follow( root, setup );
		tryWaiting( root, setup );
	}

	function submit( root, setup, form ) {
		var button = form.querySelector( 'button:not([name])' );
		if ( form.getAttribute( 'aria-busy' ) === 'true' || showsFirst( root, setup, form, button ) ) {
			return;
		}
		clearErrors( form );
		busy( setup, form, button, true );
		uploadAll( setup, form ).then( function ( ids ) {
			return call( setup, form.getAttribute( 'data-act' ), nonceOf( form ), fields( form, ids ) );
		} ).then( function ( answer ) {
			if ( answer.away || ! answer.redirect ) {
				busy( setup, form, button, false );
			}
			return ( answer.away || answer.redirect ) && leave( answer.away || answer.redirect );
		} ).catch( function ( error ) {
			if ( error.data && error.data.redirect ) {
				return leave( error.data.redirect ); // the screen is another one now
			}
			busy( setup, form, button, false );
			return showError( root, form, error, setup.words.offline );
		} );
	}

	/** Nothing goes along unseen: a press before the facts are on the screen waits for them, and for a second press. */
	function showsFirst( root, setup, form, button ) {
		var place = form.querySelector( '.kd-diagnostics[aria-busy="true"]' );
		if ( ! place ) {
			return false;
		}
		busy( setup, form, button, true );
		shown.then( function () {
			busy( setup, form, button, false );
			say( root, place.querySelector( '.kd-sent' ) ? setup.words.lookFirst : setup.words.noFacts, true );
			place.scrollIntoView( { block: 'center' } );
		} );
		return true;
	}

	function nonceOf( form ) {
		return form.querySelector( '[name="_keydesk"]' ).value;
	}

	/** The form as JSON; files have been sent one by one before. */
	function fields( form, ids ) {
		var data = {};
		new FormData( form ).forEach( function ( value, name ) {
			if ( name === 'action' || name === '_keydesk' || name === 'files[]' ) {
				return;
			}
			if ( name.slice( -2 ) === '[]' ) {
				name = name.slice( 0, -2 );
				data[ name ] = ( data[ name ] || [] ).concat( value );
			} else {
				data[ name ] = value;
			}
		} );
		if ( ids.length ) {
			data.file_ids = ids;
		}
		return data;
	}

	/** One request a file, so that the site's limit for a whole form is never the trouble. */
	function uploadAll( setup, form ) {
		var field = form.querySelector( 'input[type="file"]' );
		var files = field ? Array.prototype.slice.call( field.files ) : [];
		var limit = field ? Number( field.getAttribute( 'data-limit' ) ) : 0;
		var wrong = files.length > 3 ? setup.words.tooMany : '';
		files.forEach( function ( file ) {
			wrong = file.size > limit ? setup.words.tooLarge + ' ' + file.name : wrong;
		} );
		if ( wrong ) {
			return Promise.reject( { message: wrong, data: { errors: { files: wrong } } } );
		}
		return files.reduce( function ( before, file ) {
			return before.then( function ( ids ) {
				var body = new FormData();
				body.append( 'files[]', file );
				return call( setup, 'attach', setup.nonces.attach, body ).then( function ( answer ) {
					return ids.concat( answer.id );
				} );
			} );
		}, Promise.resolve( [] ) );
	}

	function call( setup, act, nonce, data ) {
		var options = { path: setup.routes + '/' + act, method: 'POST', headers: { 'X-Keydesk-Nonce': nonce } };
		if ( data instanceof FormData ) {
			options.body = data;
		} else {
			options.data = data;
		}
		return wp.apiFetch( options );
	}

	function busy( setup, form, button, on ) {
		form.setAttribute( 'aria-busy', on ? 'true' : 'false' );
		if ( ! button ) {
			return;
		}
		if ( on ) {
			button.setAttribute( 'data-label', button.textContent );
			button.textContent = setup.words.busy;
			wp.a11y.speak( setup.words.busy );
		} else if ( button.hasAttribute( 'data-label' ) ) {
			button.textContent = button.getAttribute( 'data-label' );
		}
	}

	function showError( root, form, error, offline ) {
		var data = error.data || {};
		var errors = data.errors || {};
		var placed = false;
		Object.keys( errors ).forEach( function ( name ) {
			placed = placeError( form, name, errors[ name ], data.link, ! placed ) || placed;
		} );
		if ( placed ) {
			wp.a11y.speak( error.message, 'assertive' );
		} else {
			say( root, error.message && LOST.indexOf( error.code ) < 0 ? error.message : offline, false, data.link );
			root.querySelector( '.kd-said' ).scrollIntoView( { block: 'center' } );
		}
	}

	/** Beside its field, tied to it, with the focus on the first. */
	function placeError( form, name, text, link, focus ) {
		var field = form.querySelector( '#kd-' + name );
		var note;
		if ( ! field ) {
			return false;
		}
		note = document.createElement( 'p' );
		note.className = 'kd-error';
		note.id = 'kd-' + name + '-error';
		write( note, text, link );
		( field.closest( '.kd-line' ) || field ).insertAdjacentElement( 'afterend', note );
		field.setAttribute( 'aria-invalid', 'true' );
		field.setAttribute( 'aria-describedby', ( note.id + ' ' + ( field.getAttribute( 'aria-describedby' ) || '' ) ).trim() );
		if ( focus ) {
			field.focus();
		}
		return true;
	}

	function clearErrors( form ) {
		form.querySelectorAll( '.kd-error' ).forEach( function ( note ) {
			note.remove();
		} );
		form.querySelectorAll( '[aria-invalid]' ).forEach( function ( field ) {
			field.removeAttribute( 'aria-invalid' );
			field.setAttribute( 'aria-describedby', ( field.getAttribute( 'aria-describedby' ) || '' ).replace( /kd-\S+-error ?/, '' ) );
		} );
	}

	function focusError( root ) {
		var field = root.querySelector( '[aria-invalid="true"]' );
		if ( field ) {
			field.focus();
		}
	}

	/** A sentence, and the page to which it sends (the site has checked that it is one). */
	function write( node, text, link ) {
		var away = document.createElement( 'a' );
		node.textContent = text;
		if ( link ) {
			away.href = link.url;
			away.target = '_blank';
			away.rel = 'noopener';
			away.textContent = link.text;
			node.append( ' ', away );
		}
	}

	function say( root, text, good, link ) {
		var place = root.querySelector( '.kd-said' );
		var notice = document.createElement( 'div' );
		var line = document.createElement( 'p' );
		notice.className = 'notice inline ' + ( good ? 'notice-success' : 'notice-error' );
		write( line, text, link );
		notice.appendChild( line );
		place.textContent = '';
		place.appendChild( notice );
	}

	/** The person sees every fact before sending it; looking asks nobody outside the site. */
	function showDiagnostics( root, setup ) {
		var place = root.querySelector( '.kd-diagnostics' );
		var from = root.querySelector( '[name="from"]' );
		if ( ! place || place.querySelector( '.kd-sent' ) ) {
			return;
		}
		place.setAttribute( 'aria-busy', 'true' );
		shown = call( setup, 'preview', setup.nonces.preview, { from: from ? from.value : '' } ).then( function ( answer ) {
			place.innerHTML = answer.html;
			place.setAttribute( 'aria-busy', 'false' );
		} ).catch( function () {
			place.setAttribute( 'aria-busy', 'false' );
		} );
	}

	function refreshList( root, setup ) {
		var list = root.querySelector( '.kd-list' );
		if ( ! list || ! root.querySelector( '.kd-refresh' ) ) {
			return;
		}
		call( setup, 'tickets', setup.nonces.tickets, {} ).then( function ( answer ) {
			if ( answer.count > 0 && list.contains( document.activeElement ) === false ) {
				list.innerHTML = answer.html;
			}
		} ).catch( function () {} );
	}

	/** An open thread looks for answers at once, and every 15 s while somebody can see it. */
	function follow( root, setup ) {
		var thread = root.querySelector( '.kd-thread' );
		var seen = '';
		if ( ! thread ) {
			return;
		}
		look();
		window.setInterval( look, POLL );
		document.addEventListener( 'visibilitychange', look );

		function look() {
			if ( document.visibilityState !== 'visible' ) {
				return; // what nobody looks at is not read, and is mailed
			}
			call( setup, 'ticket', setup.nonces.ticket, { ticket_id: thread.getAttribute( 'data-ticket' ), seen: seen } ).then( function ( answer ) {
				if ( answer.html ) {
					draw( answer, seen !== '' );
				}
				seen = answer.seen;
			} ).catch( function () {} );
		}

		function draw( answer, speak ) {
			var before = thread.querySelectorAll( '[data-message]' ).length;
			thread.innerHTML = answer.html;
			root.querySelector( '.kd-status' ).textContent = answer.status;
			root.querySelector( '.kd-when-open' ).hidden = ! answer.open;
			root.querySelector( '.kd-when-done' ).hidden = answer.open;
			if ( speak && thread.querySelectorAll( '[data-message]' ).length > before ) {
				wp.a11y.speak( setup.words.newAnswer );
			}
		}
	}

	/** What waits is tried while its screen is open: WP-Cron may not run on this site. */
	function tryWaiting( root, setup ) {
		if ( ! root.querySelector( '[data-waiting]' ) ) {
			return;
		}
		window.setInterval( function () {
			var field = root.querySelector( 'textarea' );
			if ( document.visibilityState !== 'visible' || ( field && field.value ) ) {
				return;
			}
			call( setup, 'sync', setup.nonces.sync, {} ).then( function ( answer ) {
				if ( answer.left === 0 ) {
					leave( answer.redirect );
				}
			} ).catch( function () {} );
		}, WAITING );
	}
}() );

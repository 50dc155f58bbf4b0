/**
 * The license screen, quicker: the code of a mail's page comes in by itself, and a press on that page is noticed.
 * Everything works without this file.
 */
( function () {
	'use strict';

	var MAIL = 5000;

	wp.domReady( function () {
		document.querySelectorAll( '.keydesk-bridge' ).forEach( function ( root ) {
			var bridge = root.keydesk;
			takeCode( root, bridge );
			window.addEventListener( 'hashchange', function () {
				takeCode( root, bridge );
			} );
			offerCopy( root );
			waitForMail( root, bridge );
		} );
	} );

	/** The one-use code of the purchase mail's page arrives behind '#': into the form, out of the address. */
	function takeCode( root, bridge ) {
		var found = /^#code=(kdx_[0-9A-Za-z]{48})$/.exec( window.location.hash );
		var field = root.querySelector( '#kd-license_key' );
		if ( window.location.hash.indexOf( '#code=' ) === 0 ) {
			window.history.replaceState( null, '', window.location.pathname + window.location.search );
		}
		if ( ! found || ! field ) {
			return;
		}
		field.value = found[ 1 ];
		bridge.say( root, bridge.setup.words.codeReady, true );
		root.querySelectorAll( '.kd-back' ).forEach( function ( line ) {
			line.hidden = true;
		} );
		field.form.querySelector( '.button-primary' ).focus();
	}

	/** The code for another site goes to the clipboard; without a script it is selected by hand. */
	function offerCopy( root ) {
		var button = root.querySelector( '.kd-copy' );
		if ( ! button ) {
			return;
		}
		button.addEventListener( 'click', function () {
			var field = root.querySelector( '#kd-code' );
			field.select();
			( navigator.clipboard ? navigator.clipboard.writeText( field.value ) : Promise.reject() ).then( copied, function () {
				if ( document.execCommand( 'copy' ) ) {
					copied();
				}
			} );
		} );

		function copied() {
			button.textContent = button.getAttribute( 'data-copied' );
			wp.a11y.speak( button.textContent );
		}
	}

	/** While the screen is open it asks whether the page of the mail was pressed; then it shows the license. */
	function waitForMail( root, bridge ) {
		var timer;
		if ( ! root.querySelector( '[data-mailed]' ) ) {
			return;
		}
		timer = window.setInterval( function () {
			if ( document.visibilityState !== 'visible' ) {
				return;
			}
			bridge.call( bridge.setup, 'mail_look', bridge.setup.nonces.mail_look, {} ).then( function ( answer ) {
				if ( ! answer.waits ) {
					window.clearInterval( timer );
					bridge.leave( answer.redirect );
				}
			} ).catch( function ( error ) {
				if ( error.data && error.data.redirect ) {
					window.clearInterval( timer );
					bridge.leave( error.data.redirect );
				}
			} );
		}, MAIL );
	}
}() );
